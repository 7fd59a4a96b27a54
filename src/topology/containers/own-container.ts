import type { TestContainer } from 'testcontainers'
import { EnvironmentError } from '../../base/errors.ts'
import type { GatewayPlaces } from '../../gateways/template.ts'
import { ownerLabel } from '../../process/owner.ts'
import type { ContainerGateway } from './custom-gateway.ts'
import type { GatewayLimits } from './gateway-limits.ts'

/** Where a container of the user's is put: the service `ccr` of a compose project whose mock stands. */
export interface OwnContainerOptions {
  readonly project: string
  readonly gateway: ContainerGateway
  readonly limits: GatewayLimits
  readonly places: GatewayPlaces
  readonly owner: string
}

/** What testcontainers sends to the engine, which its methods do not reach whole. */
interface Inside {
  createOpts: { name?: string; Labels?: object; ExposedPorts?: object; NetworkingConfig?: object }
  hostConfig: { PortBindings?: object; NanoCpus?: number; Memory?: number; MemorySwap?: number; PidsLimit?: number }
  exposedPorts: unknown[]
  networkAliases: string[]
}

/** Starts a container of testcontainers' so that compose takes it for its own: it is seen, logged and torn down with the rest. */
export async function startOwnContainer(options: OwnContainerOptions): Promise<void> {
  const { project, gateway, places, owner } = options
  const { cpus, memoryMb, pids } = options.limits
  const container = typeof gateway.container === 'function' ? await gateway.container(places) : gateway.container
  const { Wait } = await import('testcontainers')
  const network = `${project}_stress`
  container.withNetworkMode(network).withWaitStrategy(Wait.forListeningPorts())
  const inside = container as TestContainer & Inside
  inside.createOpts.name = `${project}-ccr-1`
  inside.createOpts.Labels = {
    ...inside.createOpts.Labels,
    'com.docker.compose.project': project,
    'com.docker.compose.service': 'ccr',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.container-number': '1',
    // Compose passes over a container without one.
    'com.docker.compose.config-hash': 'none',
    [ownerLabel]: owner,
  }
  // By withNetworkAliases it would be on the default bridge as well, which leads out.
  inside.networkAliases = []
  inside.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: ['ccr'] } } }
  // An internal network publishes no port, and testcontainers would wait for it.
  inside.exposedPorts = []
  inside.createOpts.ExposedPorts = {}
  inside.hostConfig.PortBindings = {}
  if (cpus !== undefined) inside.hostConfig.NanoCpus = cpus * 1e9
  if (memoryMb !== undefined) {
    inside.hostConfig.Memory = memoryMb * 2 ** 20
    // Swap included.
    inside.hostConfig.MemorySwap = inside.hostConfig.Memory
  }
  if (pids !== undefined) inside.hostConfig.PidsLimit = pids
  try {
    await container.start()
  } catch (cause) {
    throw new EnvironmentError(`testcontainers: ${cause instanceof Error ? cause.message.trim() : cause}`, { cause })
  }
}
