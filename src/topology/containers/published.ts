import { ccrRustIdentity } from '../../gateways/ccr-rust/ccr-rust.ts'
import { referenceIdentity } from '../../gateways/reference.ts'
import { startDockerMeter } from '../../host/docker-meter.ts'
import type { GatewayIdentity } from '../../model/gateway.ts'
import type { Death } from '../../process/child.ts'
import type { Hop } from '../../toxic/parse-toxic.ts'
import { type InstrumentPart, mockPart, type PartFault } from '../instrument-part.ts'
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
    parts: [containedMock(project, mockUrl), ...proxies.map((hop) => containedProxy(project, hop))],
    death: () => gatewayDeath(project, identity.name),
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

/** The port of a contained proxy's control server, as docker-compose.gateway-mock.yml and docker-compose.runner-gateway.yml have it. */
const controlPort = 9901

/** The mock behind a published port. */
function containedMock(project: ComposeProject, mockUrl: string): InstrumentPart {
  const published = mockPart(mockUrl)
  return {
    ...published,
    async check() {
      const fault = await published.check()
      return fault && ((await endedPart(project, 'mock')) ?? { ...fault, lastLines: await project.lastLines('mock') })
    },
  }
}

/** A proxy without a published port: the request is sent from within its container. */
function containedProxy(project: ComposeProject, hop: Hop): InstrumentPart {
  return {
    part: 'proxy',
    name: `proxy ${hop}`,
    isCostly: true,
    async check() {
      if (await project.isHealthy(hop, controlPort)) return undefined
      const ended = await endedPart(project, hop)
      return ended ?? { state: 'silent', how: 'no answer in its container', lastLines: await project.lastLines(hop) }
    },
  }
}

/** How the container of a part of the harness ended; undefined if it is running. */
async function endedPart(project: ComposeProject, service: string): Promise<PartFault | undefined> {
  const death = await containerDeath(project, service, service)
  return death && { state: 'ended', how: death.how, lastLines: death.lastLines }
}

/** The parts of the harness in a project whose containers have ended. */
export async function endedParts(
  project: ComposeProject,
  proxies: readonly Hop[],
): Promise<readonly (Pick<InstrumentPart, 'part' | 'name'> & PartFault)[]> {
  const services = [
    { part: 'mock', name: 'mock', service: 'mock' } as const,
    ...proxies.map((hop) => ({ part: 'proxy', name: `proxy ${hop}`, service: hop }) as const),
  ]
  const ended = services.map(async ({ part, name, service }) => {
    const fault = await endedPart(project, service)
    return fault ? [{ part, name, ...fault }] : []
  })
  return (await Promise.all(ended)).flat()
}

/** How the gateway's container ended; undefined if it is running or does not exist. */
export function gatewayDeath(project: ComposeProject, name: string): Promise<Death | undefined> {
  return containerDeath(project, 'ccr', name)
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
