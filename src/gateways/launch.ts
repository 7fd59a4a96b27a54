import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolders } from '../base/make-folders.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { ChildOptions } from '../process/child.ts'
import { childEnvironment } from '../process/child-environment.ts'
import type { Host } from '../process/host.ts'
import { isRoot } from '../process/owner.ts'
import type { ActiveStreamsProbe } from './active-streams.ts'
import type { GatewayDescriptor, ProtocolSupport, TemplateValues } from './descriptor.ts'
import type { FoundGateway } from './find.ts'
import { fillPlaceholders } from './template.ts'

/** The settings with which a gateway is launched. */
export interface LaunchSetup {
  readonly port: number
  /** The mock's origin, or the origin of the proxy in front of it. */
  readonly upstreamOrigin: string
  /** The gateway's own folder: HOME, working folder, and the only place that it writes to. */
  readonly home: string
  /** The model that requests name, such as `provider,model`. */
  readonly model: string
  /** Expected duration of the longest stream, in ms. */
  readonly streamMs: number
  /** Upstream silence after which the gateway should abort a stream, in ms; if absent, longer than any in the plan. */
  readonly idleLimitMs?: number
}

/** How to start a gateway, its identity, and how to query it once it is running. */
interface GatewayLaunch extends Pick<ChildOptions, 'name' | 'command' | 'args' | 'env' | 'cwd' | 'channel'> {
  readonly identity: GatewayIdentity
  readonly healthUrl: string
  readonly readyTimeoutMs?: number
  readonly activeStreams?: ActiveStreamsProbe
}

const shortestIdleMs = 600_000

/** Writes the gateway's files into its folder and returns how to start it. */
export async function prepareLaunch(
  { descriptor, program, version: installedVersion }: FoundGateway,
  setup: LaunchSetup,
  host: Host,
  asRoot = isRoot(),
): Promise<GatewayLaunch> {
  const { home, port } = setup
  const values = templateValues(descriptor, setup)
  await writeFiles(descriptor, values)
  const baseEnv = (descriptor.environment ?? isolatedEnvironment)(host, home)
  const headers = headersOf(descriptor, values)
  const started = await descriptor.command({
    ...values,
    program,
    idleLimitMs: setup.idleLimitMs,
    isRoot: asRoot,
    headers,
    env: baseEnv,
    host,
  })
  const { command, args, env, channel, version = installedVersion } = started
  const { healthPath, readyTimeoutMs, activeStreams, idleSetting, processName } = descriptor
  const idle = idleSetting === undefined ? [] : [`${idleSetting} ${values.idleS} s`]
  const settings = [...descriptor.settings, ...(started.settings ?? []), ...idle]
  const url = `http://127.0.0.1:${port}`
  const identity = (descriptor.identity ?? installedIdentity)({ version, program, url, settings })
  return {
    name: processName ?? identity.name,
    command,
    args,
    env: { ...baseEnv, ...env },
    cwd: home,
    channel,
    identity,
    healthUrl: healthPath === undefined ? `tcp://127.0.0.1:${port}` : `${url}${healthPath}`,
    readyTimeoutMs,
    activeStreams,
  }

  function installedIdentity({ version = '(version unknown)' }: { readonly version?: string }): GatewayIdentity {
    return { kind: 'installed', name: gatewayLabel(descriptor, version), version, location: program, settings }
  }
}

/** A gateway's name in a report, such as `nginx 1.22.1 (tuned)`. */
export function gatewayLabel({ product, variant }: GatewayDescriptor, version: string): string {
  return `${product} ${version}${variant === undefined ? '' : ` (${variant})`}`
}

/** The values of the placeholders in a gateway's templates. */
export function templateValues({ upstreamPath, ownIdleMs }: GatewayDescriptor, setup: LaunchSetup): TemplateValues {
  const { port, upstreamOrigin, home, model, idleLimitMs, streamMs } = setup
  const { hostname, port: upstreamPort } = new URL(upstreamOrigin)
  // The gateway's timeout must not end a stream that is planned to be long.
  const idleMs = idleLimitMs ?? ownIdleMs ?? Math.max(shortestIdleMs, 2 * streamMs)
  return {
    port,
    upstream: `${upstreamOrigin}${upstreamPath}`,
    upstreamHost: hostname,
    upstreamPort: Number(upstreamPort),
    home,
    model,
    idleMs,
    idleS: idleMs / 1000,
  }
}

async function writeFiles({ files }: GatewayDescriptor, values: TemplateValues): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(values.home, path)
    await makeFolders(dirname(file), 0o700)
    const text = typeof content === 'string' ? await renderTemplate(content, values) : content(values)
    await writeFile(file, text, { mode: 0o600 })
  }
}

/** A template in config/gateways with its placeholders filled in. */
export async function renderTemplate(template: string, values: TemplateValues): Promise<string> {
  const text = await readFile(new URL(`../../config/gateways/${template}`, import.meta.url), 'utf8')
  return fillPlaceholders(text, values)
}

/** The environment of an installed gateway. */
function isolatedEnvironment(host: Host, home: string): NodeJS.ProcessEnv {
  return { ...childEnvironment(host), HOME: home, TMPDIR: home, NO_COLOR: '1' }
}

function headersOf({ protocols }: GatewayDescriptor, values: TemplateValues): Record<string, string> {
  const supports: ProtocolSupport[] = Object.values(protocols)
  const headers = supports.flatMap((support) => Object.entries(support.headers ?? {}))
  return Object.fromEntries(headers.map(([name, text]) => [name, fillPlaceholders(text, values)]))
}
