import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { known } from '../base/known.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { ChildOptions } from '../process/child.ts'
import type { GatewayDescriptor, GatewayGiven, Spoken } from './descriptor.ts'
import type { Installed } from './find-installed.ts'
import { fillPlaces } from './gateway-places.ts'

/** An installed gateway that is to be started. */
export interface LaunchOptions {
  readonly descriptor: GatewayDescriptor
  readonly installed: Installed
  readonly port: number
  /** The mock's origin, or that of what stands before it. */
  readonly upstreamOrigin: string
  /** A folder of its own: HOME, working folder, and the only place that it writes to. */
  readonly home: string
  /** Silence of the upstream after which it is to give a stream up; else the gateway's own, or one that is never reached. */
  readonly idleLimitMs?: number
  /** What the longest stream is expected to take, in ms. */
  readonly streamMs: number
  readonly env: NodeJS.ProcessEnv
  readonly node: string
  readonly isRoot: boolean
}

/** How an installed gateway is started, what it is, and how to tell that it is ready. */
export interface InstalledLaunch extends Pick<ChildOptions, 'name' | 'command' | 'args' | 'env' | 'cwd'> {
  readonly identity: GatewayIdentity
  readonly healthUrl: string
  readonly readyTimeoutMs?: number
}

/** What is passed on of our environment: no key of the user's, no proxy, nothing that makes two runs differ. */
const passedOn = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH']
const shortestPatienceMs = 600_000

/** Writes what the gateway is given into its home and says how it is started. */
export async function launchOfInstalled(options: LaunchOptions): Promise<InstalledLaunch> {
  const { descriptor, installed, home, port, node, isRoot } = options
  const given = givenTo(options)
  await writeFiles(descriptor, given)
  const starting = { ...given, program: installed.program, headers: headersOf(descriptor, given), node, isRoot }
  const { command, args, env = {} } = descriptor.command(starting)
  const { healthPath, readyTimeoutMs, settings, idleSetting } = descriptor
  const name = nameOf(descriptor, installed.version)
  const own = { HOME: home, TMPDIR: home, NO_COLOR: '1' }
  return {
    name,
    command,
    args,
    env: { ...Object.fromEntries(passedOn.map((one) => [one, options.env[one]])), ...own, ...env },
    cwd: home,
    identity: {
      kind: 'installed',
      name,
      version: installed.version,
      location: installed.program,
      settings: [...settings, ...(idleSetting === undefined ? [] : [`${idleSetting} of ${given.idleS} s`])],
    },
    healthUrl: healthPath === undefined ? `tcp://127.0.0.1:${port}` : `http://127.0.0.1:${port}${healthPath}`,
    ...known({ readyTimeoutMs }),
  }
}

/** Its name in a report, such as `nginx 1.22.1 (tuned)`. */
export function nameOf({ product, variant }: GatewayDescriptor, version: string): string {
  return `${product} ${version}${variant === undefined ? '' : ` (${variant})`}`
}

/** What the placeholders of its templates stand for. */
export function givenTo({
  descriptor: { upstreamPath, ownIdleMs },
  port,
  upstreamOrigin,
  home,
  idleLimitMs,
  streamMs,
}: Pick<LaunchOptions, 'descriptor' | 'port' | 'upstreamOrigin' | 'home' | 'idleLimitMs' | 'streamMs'>): GatewayGiven {
  const { hostname, port: upstreamPort } = new URL(upstreamOrigin)
  // The gateway's own deadline must not end a stream that the plan makes long.
  const idleMs = idleLimitMs ?? ownIdleMs ?? Math.max(shortestPatienceMs, 2 * streamMs)
  return {
    port,
    upstream: `${upstreamOrigin}${upstreamPath}`,
    upstreamHost: hostname,
    upstreamPort: Number(upstreamPort),
    home,
    idleMs,
    idleS: idleMs / 1000,
  }
}

async function writeFiles({ files }: GatewayDescriptor, given: GatewayGiven): Promise<void> {
  for (const [path, template] of Object.entries(files)) {
    const file = join(given.home, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, await configOf(template, given), { mode: 0o600 })
  }
}

/** A template below config/gateways with its placeholders filled in. */
export async function configOf(template: string, given: GatewayGiven): Promise<string> {
  return fillPlaces(await readFile(new URL(`../../config/gateways/${template}`, import.meta.url), 'utf8'), given)
}

function headersOf({ protocols }: GatewayDescriptor, given: GatewayGiven): Record<string, string> {
  const spoken: Spoken[] = Object.values(protocols satisfies Partial<Record<ProtocolName, Spoken>>)
  const headers = spoken.flatMap((one) => Object.entries(one.headers ?? {}))
  return Object.fromEntries(headers.map(([name, text]) => [name, fillPlaces(text, given)]))
}
