import { dirname } from 'node:path'
import type { TestContainer } from 'testcontainers'
import { EnvironmentError } from '../../base/errors.ts'
import type { GatewayPlaces } from '../../gateways/template.ts'
import { runDocker } from '../../host/docker.ts'
import { ownerLabel } from '../../process/owner.ts'
import type { ContainerGateway } from './custom-gateway.ts'
import type { GatewayLimits } from './gateway-limits.ts'

/** Services for testcontainers to start. Paths in the compose files are relative to the folder of the first; images are built. */
interface TestcontainersUp {
  readonly project: string
  readonly files: readonly string[]
  readonly services: readonly string[]
  readonly variables: Readonly<Record<string, string>>
}

/** Maximum time until a container is healthy, in ms. */
const startTimeoutMs = 90_000

/**
 * Starts services with testcontainers' DockerComposeEnvironment, which waits for their health checks and registers the
 * project with its reaper (Ryuk), if the reaper's image is available.
 */
export async function upWithTestcontainers({ project, files, services, variables }: TestcontainersUp): Promise<void> {
  const [file = ''] = files
  const { DockerComposeEnvironment } = await load()
  try {
    await new DockerComposeEnvironment(dirname(file), [...files])
      .withNoRecreate()
      // Must follow withNoRecreate, which sets another project name.
      .withProjectName(project)
      .withEnvironment({ ...variables })
      .withStartupTimeout(startTimeoutMs)
      .up([...services])
  } catch (cause) {
    throw failureOf(
      cause,
      ' If the image of its reaper is not available, set TESTCONTAINERS_RYUK_DISABLED=true: the tear-down does not need it.',
    )
  }
}

/** A custom container that becomes the service `ccr` of a compose project with a running mock. */
interface CustomContainerOptions {
  readonly project: string
  readonly gateway: ContainerGateway
  readonly limits: GatewayLimits
  readonly places: GatewayPlaces
  readonly owner: string
  /** The port to publish on 127.0.0.1, for a runner outside Docker. */
  readonly published?: number
}

/** The version of testcontainers whose private members `ContainerInternals` names. A test compares it with the installed version. */
export const knownTestcontainers = '12.2.0'

/** The parts of testcontainers' request to the engine that its methods do not cover: private members of `GenericContainer`. */
interface ContainerInternals {
  createOpts: { name?: string; Labels?: object; ExposedPorts?: object; NetworkingConfig?: object }
  hostConfig: { PortBindings?: object; NanoCpus?: number; Memory?: number; MemorySwap?: number; PidsLimit?: number }
  exposedPorts: unknown[]
  networkAliases: string[]
  containerCreated?: (id: string) => Promise<void>
}

/** Starts a container of testcontainers with compose's labels: compose finds, logs and removes it like its own. */
export async function startCustomContainer(options: CustomContainerOptions): Promise<void> {
  const { project, gateway, places, owner, published } = options
  const { cpus, memoryMb, pids } = options.limits
  const container = typeof gateway.container === 'function' ? await gateway.container(places) : gateway.container
  const { Wait } = await load()
  const stress = `${project}_stress`
  // An internal network publishes no ports: docker-compose.host.yml has a second one.
  const network = published === undefined ? stress : `${project}_host`
  container.withNetworkMode(network).withWaitStrategy(Wait.forListeningPorts())
  const internals = internalsOf(container)
  internals.createOpts.name = `${project}-ccr-1`
  internals.createOpts.Labels = {
    ...internals.createOpts.Labels,
    'com.docker.compose.project': project,
    'com.docker.compose.service': 'ccr',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.container-number': '1',
    // Compose ignores containers without this label.
    'com.docker.compose.config-hash': 'none',
    [ownerLabel]: owner,
  }
  // withNetworkAliases would also attach it to the default bridge, which has a route to the outside.
  internals.networkAliases = []
  internals.createOpts.NetworkingConfig = { EndpointsConfig: { [network]: { Aliases: ['ccr'] } } }
  // testcontainers would wait for the container's own published ports, but one on an internal network has none.
  internals.exposedPorts = []
  const port = `${published}/tcp`
  internals.createOpts.ExposedPorts = published === undefined ? {} : { [port]: {} }
  internals.hostConfig.PortBindings = published === undefined ? {} : { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] }
  if (published !== undefined) {
    const created = internals.containerCreated?.bind(internals)
    internals.containerCreated = async (id) => {
      // The engine before version 25 creates a container on one network only.
      await runDocker(['network', 'connect', '--alias', 'ccr', stress, id], process.env)
      await created?.(id)
    }
  }
  if (cpus !== undefined) internals.hostConfig.NanoCpus = cpus * 1e9
  if (memoryMb !== undefined) {
    internals.hostConfig.Memory = memoryMb * 2 ** 20
    // The limit of memory and swap together, so there is no swap.
    internals.hostConfig.MemorySwap = internals.hostConfig.Memory
  }
  if (pids !== undefined) internals.hostConfig.PidsLimit = pids
  try {
    await container.start()
  } catch (cause) {
    throw failureOf(cause)
  }
}

/** The private members of a container. If they are not what they are in the known version, throws an EnvironmentError. */
export function internalsOf(container: TestContainer): ContainerInternals {
  const members = new Map<string, unknown>(Object.entries(container))
  const isKnown =
    isObject(members.get('createOpts')) &&
    isObject(members.get('hostConfig')) &&
    Array.isArray(members.get('exposedPorts')) &&
    Array.isArray(members.get('networkAliases'))
  if (isKnown) return container as TestContainer & ContainerInternals
  throw new EnvironmentError(
    `gateway.container: this version of testcontainers is not supported (known: ${knownTestcontainers}). Install that version, or use a gateway of kind image.`,
  )
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/** Loads testcontainers only when it is needed, because that takes a while. */
async function load(): Promise<typeof import('testcontainers')> {
  try {
    return await import('testcontainers')
  } catch (cause) {
    const message = 'testcontainers is not installed. Run `npm install testcontainers`.'
    throw new EnvironmentError(message, { cause })
  }
}

function failureOf(cause: unknown, hint = ''): EnvironmentError {
  const message = cause instanceof Error ? cause.message.trim() : String(cause)
  return new EnvironmentError(`testcontainers: ${message}${hint}`, { cause })
}
