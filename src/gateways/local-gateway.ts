import { EnvironmentError } from '../base/errors.ts'
import { known } from '../base/known.ts'
import type { Host } from '../process/host.ts'
import type { ActiveStreamsProbe } from './active-streams.ts'
import { type GatewayLaunch, launchOfCcrRust } from './ccr-rust.ts'
import { findCcrRust, waysToGiveCcrRust } from './ccr-rust-binary.ts'
import type { GatewayDescriptor } from './descriptor.ts'
import { findInstalled } from './find-installed.ts'
import { gatewayTable, type InstallableName } from './gateway-table.ts'
import { launchOfInstalled } from './launch.ts'
import { referenceIdentity } from './reference.ts'

/** The gateway to start on this machine, and what it is set up for. */
export interface LocalGatewayOptions {
  /**
   * `auto`: ccr-rust where one is given or found, else the reference gateway; `direct`: none, straight to the mock; else one
   * that is installed.
   */
  readonly gateway: 'auto' | 'ccr-rust' | 'reference' | 'direct' | InstallableName
  readonly ccrBin?: string
  readonly ccrSource?: string
  readonly ccrPort: number
  readonly chunks: number
  readonly delayMs: number
  readonly model: string
  /** Silence of the upstream after which the gateway is to give a stream up; where absent, longer than any of the plan. */
  readonly idleLimitMs?: number
}

/** How a gateway is started on this machine, and how it is asked whether it is ready, and how many streams it has. */
export interface LocalLaunch extends GatewayLaunch {
  readonly healthUrl: string
  readonly readyTimeoutMs?: number
  readonly activeStreams?: ActiveStreamsProbe
}

/**
 * A gateway that was found: says how it is started before what is at `upstreamUrl`. `makeFolder` gives one of its own to
 * write to, which goes with the run.
 */
export type LocalGateway = (upstreamUrl: string, makeFolder: () => Promise<string>) => Promise<LocalLaunch>

/** Finds the gateway that is asked for, before anything is started; undefined where none is to be between. */
export async function findLocalGateway(options: LocalGatewayOptions, host: Host): Promise<LocalGateway | undefined> {
  switch (options.gateway) {
    case 'direct':
      return undefined
    case 'reference':
      return reference(options, host)
    case 'auto':
    case 'ccr-rust': {
      const binary = await findCcrRust({ ...options, ...host })
      if (binary !== undefined) return ccrRust(binary, options, host)
      if (options.gateway === 'auto') return reference(options, host)
      throw new EnvironmentError(`no ccr-rust found: ${waysToGiveCcrRust}`)
    }
    default:
      return installed(options.gateway, options, host)
  }
}

function reference({ ccrPort, idleLimitMs }: LocalGatewayOptions, { cli, env }: Host): LocalGateway {
  const url = `http://127.0.0.1:${ccrPort}`
  const words = (upstreamUrl: string) => ['--port', String(ccrPort), '--upstream', `${upstreamUrl}/v1`]
  const patience = idleLimitMs === undefined ? [] : ['--idle-limit-ms', String(idleLimitMs)]
  return async (upstreamUrl) => ({
    name: 'reference gateway',
    command: cli.execPath,
    args: [cli.script, 'gateway', ...words(upstreamUrl), ...patience, '--host', '127.0.0.1'],
    env,
    channel: true,
    identity: referenceIdentity(url),
    healthUrl: `${url}/health`,
  })
}

function ccrRust(binary: string, options: LocalGatewayOptions, { env, log, signal }: Host): LocalGateway {
  const { ccrPort: port, model, chunks, delayMs } = options
  const config = { port, model, streamMs: chunks * delayMs, ...known({ idleLimitMs: options.idleLimitMs }) }
  return async (upstreamUrl, makeFolder) => {
    const folder = await makeFolder()
    const mockPort = Number(new URL(upstreamUrl).port)
    const launch = await launchOfCcrRust({ ...config, mockPort, binary, folder, env, log, signal })
    return { ...launch, healthUrl: `http://127.0.0.1:${port}/health` }
  }
}

async function installed(
  name: InstallableName,
  options: LocalGatewayOptions,
  { env, cli }: Host,
): Promise<LocalGateway> {
  const found = await findInstalled(name, env)
  if (!found) throw new EnvironmentError(`${name} is not installed: run ccr-sse-stress gateways install ${name}`)
  const descriptor: GatewayDescriptor = gatewayTable[name]
  const { ccrPort: port, chunks, delayMs } = options
  return async (upstreamOrigin, makeFolder) => {
    const launch = await launchOfInstalled({
      descriptor,
      installed: found,
      port,
      upstreamOrigin,
      home: await makeFolder(),
      ...known({ idleLimitMs: options.idleLimitMs }),
      streamMs: chunks * delayMs,
      env,
      node: cli.execPath,
      isRoot: process.getuid?.() === 0,
    })
    return { ...launch, ...known({ activeStreams: descriptor.activeStreams }) }
  }
}
