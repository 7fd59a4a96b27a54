import { EnvironmentError } from '../errors.ts'
import type { ActiveStreamsProbe } from '../gateways/active-streams.ts'
import type { GatewayDescriptor } from '../gateways/descriptor.ts'
import { findInstalled } from '../gateways/find-installed.ts'
import { gatewayTable, type InstallableName } from '../gateways/gateway-table.ts'
import { launchOfInstalled } from '../gateways/launch.ts'
import { known } from '../known.ts'
import { type GatewayLaunch, launchOfCcrRust } from './ccr-rust.ts'
import { findCcrRust, waysToGiveCcrRust } from './ccr-rust-binary.ts'
import type { LocalTopologyOptions } from './local.ts'
import { referenceIdentity } from './topology.ts'

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
export async function findLocalGateway(options: LocalTopologyOptions): Promise<LocalGateway | undefined> {
  switch (options.gateway) {
    case 'direct':
      return undefined
    case 'reference':
      return reference(options)
    case 'auto':
    case 'ccr-rust': {
      const binary = await findCcrRust(options)
      if (binary !== undefined) return ccrRust(binary, options)
      if (options.gateway === 'auto') return reference(options)
      throw new EnvironmentError(`no ccr-rust found: ${waysToGiveCcrRust}`)
    }
    default:
      return installed(options.gateway, options)
  }
}

function reference({ ccrPort, cli, env, idleLimitMs }: LocalTopologyOptions): LocalGateway {
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

function ccrRust(binary: string, options: LocalTopologyOptions): LocalGateway {
  const { ccrPort: port, model, chunks, delayMs, env, log, signal } = options
  const config = { port, model, streamMs: chunks * delayMs, ...known({ idleLimitMs: options.idleLimitMs }) }
  return async (upstreamUrl, makeFolder) => {
    const folder = await makeFolder()
    const mockPort = Number(new URL(upstreamUrl).port)
    const launch = await launchOfCcrRust({ ...config, mockPort, binary, folder, env, log, signal })
    return { ...launch, healthUrl: `http://127.0.0.1:${port}/health` }
  }
}

async function installed(name: InstallableName, options: LocalTopologyOptions): Promise<LocalGateway> {
  const found = await findInstalled(name, options.env)
  if (!found) throw new EnvironmentError(`${name} is not installed: run ccr-sse-stress gateways install ${name}`)
  const descriptor: GatewayDescriptor = gatewayTable[name]
  const { ccrPort: port, chunks, delayMs, env, cli } = options
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
