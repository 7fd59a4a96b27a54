import { known } from '../../base/known.ts'
import { referenceIdentity } from '../../gateways/reference.ts'
import type { AsyncMeter } from '../../host/meter.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import type { Death } from '../../process/child.ts'
import type { Hop } from '../../toxic/parse-toxic.ts'
import { noGateway, type Topology } from '../topology.ts'
import type { ContainedGateway } from './compose-files.ts'
import type { ComposeProject, ContainerState } from './compose-project.ts'
import { type CustomGateway, customIdentity } from './custom-gateway.ts'

/** Containers whose ports are published on 127.0.0.1, for a runner that is no container. */
export interface PublishedOptions {
  readonly project: ComposeProject
  readonly gateway: ContainedGateway
  readonly custom?: CustomGateway
  readonly mockPort: number
  readonly gatewayPort: number
  readonly startMeter: (containerId: string) => AsyncMeter
  /** Services of proxies beside the gateway. */
  readonly proxies: readonly Hop[]
}

/** Looks at a project from outside, by its published ports. Disposing of it leaves the project as it is. */
export async function publishedTopology(options: PublishedOptions): Promise<Topology> {
  const { project, gateway, mockPort, gatewayPort } = options
  const mockUrl = `http://${await project.published('mock', mockPort)}`
  const gatewayUrl = gateway === 'direct' ? mockUrl : `http://${await project.published('ccr', gatewayPort)}`
  const container = gateway === 'direct' ? undefined : await project.state('ccr')
  const identity = await identityOf(options, mockUrl, gatewayUrl, container)
  return {
    gatewayUrl,
    mockUrl,
    gateway: identity,
    ...(container && { startMeter: () => options.startMeter(container.id) }),
    death: () => firstDeath(project, identity.name, options.proxies),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function identityOf(
  { project, gateway, custom }: PublishedOptions,
  mockUrl: string,
  gatewayUrl: string,
  container: ContainerState | undefined,
): Promise<GatewayIdentity> {
  const path = 'runner on this machine, by a published port: the userland proxy of Docker is in the measured path'
  if (gateway === 'direct') return { ...noGateway(mockUrl), settings: [path] }
  if (gateway === 'reference') return { ...referenceIdentity(gatewayUrl), settings: [path] }
  if (custom && container) {
    const identity = customIdentity(custom, container, gatewayUrl)
    return { ...identity, settings: [...identity.settings, path] }
  }
  const labels = await project.labels('ccr')
  const version = labels['ccr-sse-stress.version']
  return known({
    kind: 'ccr-rust' as const,
    name: `ccr-rust ${version ?? '(version unknown)'}`,
    version,
    location: gatewayUrl,
    settings: [`built from ${labels['ccr-sse-stress.ref'] ?? 'an unknown source'}`, path],
  })
}

/** How the first of mock, gateway and the proxies beside it ended; undefined where all run. */
export async function firstDeath(
  project: ComposeProject,
  gateway: string,
  proxies: readonly Hop[],
): Promise<Death | undefined> {
  const beside = proxies.map((hop) => [hop, `the proxy ${hop}`] as const)
  for (const [service, name] of [['mock', 'mock'], ['ccr', gateway], ...beside] as const) {
    const death = await containerDeath(project, service, name)
    if (death) return death
  }
  return undefined
}

/** How a service's container ended; undefined where it runs, or there is none. */
async function containerDeath(project: ComposeProject, service: string, name: string): Promise<Death | undefined> {
  const state = await project.state(service)
  if (state === undefined || state.running) return undefined
  const how = state.oomKilled ? 'the kernel killed it for memory' : `its container ended with status ${state.exitCode}`
  return { name, how, lastLines: await project.lastLines(service) }
}
