import { ccrRustIdentity } from '../../gateways/ccr-rust/ccr-rust.ts'
import { referenceIdentity } from '../../gateways/reference.ts'
import { startDockerMeter } from '../../host/docker-meter.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import type { Death } from '../../process/child.ts'
import type { Hop } from '../../toxic/parse-toxic.ts'
import { noGateway, type Topology } from '../topology.ts'
import type { ComposeProject, ContainedGateway, ContainerState } from './compose-project.ts'
import { type CustomGateway, customIdentity } from './custom-gateway.ts'

/** A project whose ports are published on 127.0.0.1 because the runner is this process. */
interface PublishedOptions {
  readonly project: ComposeProject
  readonly gateway: ContainedGateway
  readonly custom?: CustomGateway
  readonly mockPort: number
  readonly gatewayPort: number
  /** The hops whose proxies are services of the project. */
  readonly proxies: readonly Hop[]
}

/** The topology of a project as seen through its published ports. Disposing of it does not end the project. */
export async function publishedTopology(options: PublishedOptions, env: NodeJS.ProcessEnv): Promise<Topology> {
  const { project, gateway, mockPort, gatewayPort, proxies } = options
  const mockUrl = `http://${await project.published('mock', mockPort)}`
  const gatewayUrl = gateway === 'direct' ? mockUrl : `http://${await project.published('ccr', gatewayPort)}`
  const container = gateway === 'direct' ? undefined : await project.state('ccr')
  const identity = await identityOf(options, mockUrl, gatewayUrl, container)
  const note = "runner on this machine, through published ports: Docker's userland proxy is in the measured path"
  return {
    gatewayUrl,
    mockUrl,
    gateway: { ...identity, settings: [...identity.settings, note] },
    startMeter: container && (() => startDockerMeter(container.id, env)),
    death: () => firstDeath(project, identity.name, proxies),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function identityOf(
  { project, gateway, custom }: PublishedOptions,
  mockUrl: string,
  location: string,
  container: ContainerState | undefined,
): Promise<GatewayIdentity> {
  if (gateway === 'direct') return noGateway(mockUrl)
  if (gateway === 'reference') return referenceIdentity(location)
  if (custom && container) return customIdentity(custom, container, location)
  const labels = await project.labels('ccr')
  const source = labels['ccr-sse-stress.ref'] ?? 'an unknown source'
  return ccrRustIdentity({
    version: labels['ccr-sse-stress.version'],
    location,
    settings: [`built from ${source}`],
  })
}

/** Checks mock, gateway and proxies in turn, and returns how the first that has ended did so; undefined if all are running. */
export async function firstDeath(
  project: ComposeProject,
  gateway: string,
  proxies: readonly Hop[],
): Promise<Death | undefined> {
  const services = [['mock', 'mock'], ['ccr', gateway], ...proxies.map((hop) => [hop, `the proxy ${hop}`] as const)]
  for (const [service = '', name = ''] of services) {
    const death = await containerDeath(project, service, name)
    if (death) return death
  }
  return undefined
}

/** How a service's container or the process in it ended; undefined if both are running, or if there is no container. */
async function containerDeath(project: ComposeProject, service: string, name: string): Promise<Death | undefined> {
  const state = await project.state(service)
  const how = state && (state.running ? await project.recordedEnd(state.id) : describeEnd(state))
  return how === undefined ? undefined : { name, how, lastLines: await project.lastLines(service) }
}

function describeEnd({ oomKilled, exitCode }: ContainerState): string {
  return oomKilled ? 'the kernel killed it because memory ran out' : `its container ended with status ${exitCode}`
}
