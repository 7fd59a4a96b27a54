import { EnvironmentError } from '../../base/errors.ts'
import type { GatewayPlaces } from '../../gateways/template.ts'
import { readDocker } from '../../host/docker.ts'
import { makeTemporaryFolder } from '../../host/user-folders.ts'
import { describeLines } from '../../process/child.ts'
import type { Host } from '../../process/host.ts'
import { ownerOf, ownerVariable } from '../../process/owner.ts'
import { folderPrefix } from '../../process/run-folder.ts'
import type { Hop } from '../../toxic/parse-toxic.ts'
import { containedHops, hasHop, proxyFlags, type Toxics, toxicTexts, withFrontHop } from '../hop.ts'
import type { Topology } from '../topology.ts'
import {
  type ComposeProject,
  type ContainedGateway,
  composeFiles,
  openComposeProject,
  waitFromWithin,
} from './compose-project.ts'
import { type CustomGateway, overrideIn, writeOverride } from './custom-gateway.ts'
import { checkLimits, type GatewayLimits, limitVariables } from './gateway-limits.ts'
import { publishedTopology } from './published.ts'
import { startCustomContainer, upWithTestcontainers } from './testcontainers.ts'

/** Options of the topology of docker-compose.yml, in its own compose project. */
export interface ContainerTopologyOptions {
  /** The project's name, of characters [a-z0-9-]. It is part of the names of containers and networks. */
  readonly project: string
  readonly driver: 'compose' | 'testcontainers'
  /** Variables of the compose files, such as CCR_SOURCE. */
  readonly variables: Variables
  readonly gateway: ContainedGateway
  /** The gateway if it is `custom`. */
  readonly custom?: CustomGateway
  /** Where the runner is. `host`: it is this process, and the ports are published on 127.0.0.1. */
  readonly runner: 'container' | 'host'
  readonly mockPort: number
  readonly gatewayPort: number
  /** Limits of the gateway. An engine that does not enforce them is an EnvironmentError. */
  readonly limits: GatewayLimits
  readonly toxics: Toxics
}

/** Variables of the compose files and their values. */
type Variables = Readonly<Record<string, string>>

/** A healthy mock and a healthy gateway in containers. */
export interface ContainerTopology extends AsyncDisposable {
  readonly project: ComposeProject
  readonly options: ContainerTopologyOptions
  readonly host: Host
  /** The folder on this machine into which a runner's container writes its runs. */
  readonly results: string
  /** The topology as seen by this process; undefined if the runner is a container. */
  readonly published: Topology | undefined
  /** Lets this process end while the containers run. A guard then removes them. */
  unref(): void
}

const dockerTimeoutMs = 10_000

/** Builds and starts mock and gateway. If that fails or is aborted, everything that was started is torn down first. */
export async function startContainerTopology(
  options: ContainerTopologyOptions,
  host: Host,
): Promise<ContainerTopology> {
  await requireDocker(options.driver, host)
  const results = await makeTemporaryFolder(folderPrefix('compose-'))
  const { custom } = options
  const hops = containedHops(options.toxics, options.runner)
  const files = composeFiles(options.gateway, [...hops, ...(options.runner === 'host' ? ['host'] : [])])
  if (custom) files.push(overrideIn(results))
  const variables = {
    ...options.variables,
    ...limitVariables(options.limits),
    ...toxicVariables(options.toxics),
    MOCK_PORT: `${options.mockPort}`,
    CCR_PORT: `${options.gatewayPort}`,
    RESULTS: results,
    HEALTH_PATH: custom?.healthPath ?? '',
    [ownerVariable]: ownerOf(),
  }
  const { project: name } = options
  const project = openComposeProject({
    project: name,
    files,
    env: { ...host.env, ...variables },
    log: host.log,
    folder: results,
    hasForeignImages: custom !== undefined,
  })
  try {
    if (custom) await writeOverride(custom, placesOf(options), results)
    await standUp(project, { ...options, files, variables }, host)
    const published = options.runner === 'host' ? await publish(project, options, host) : undefined
    return {
      project,
      options,
      host,
      results,
      published,
      unref() {
        project.unref()
        published?.unref?.()
      },
      async [Symbol.asyncDispose]() {
        try {
          await published?.[Symbol.asyncDispose]()
        } finally {
          await project[Symbol.asyncDispose]()
        }
      },
    }
  } catch (cause) {
    await project[Symbol.asyncDispose]()
    throw cause
  }
}

/** The variables of the compose files with the proxies. */
function toxicVariables(toxics: Toxics): Variables {
  const flags = (hop: Hop) => proxyFlags(toxics, hop).join(' ')
  return { RUNNER_GATEWAY_TOXICS: flags('runner-gateway'), GATEWAY_MOCK_TOXICS: flags('gateway-mock') }
}

async function publish(project: ComposeProject, options: ContainerTopologyOptions, host: Host): Promise<Topology> {
  const proxies = containedHops(options.toxics, options.runner)
  const published = await publishedTopology({ ...options, project, proxies }, host.env)
  return withFrontHop({ ...published, toxics: toxicTexts(options.toxics, ['gateway-mock']) }, options.toxics, host)
}

function placesOf({ mockPort, gatewayPort, variables, toxics }: ContainerTopologyOptions): GatewayPlaces {
  const host = hasHop(toxics, 'gateway-mock') ? 'gateway-mock' : 'mock'
  return { upstream: `http://${host}:${mockPort}/v1`, port: gatewayPort, model: variables['MODEL'] ?? '' }
}

async function requireDocker(driver: string, { env }: Host): Promise<void> {
  const docker = await readDocker({ env, timeoutMs: dockerTimeoutMs })
  if (docker.engine === undefined)
    throw new EnvironmentError(
      `--topology ${driver}: no Docker engine answers (${docker.fault ?? 'unknown reason'}). Start Docker, or use --topology local.`,
    )
  if (docker.compose === undefined)
    throw new EnvironmentError(
      `--topology ${driver}: Docker's compose plugin (v2) is missing. Install docker-compose-v2.`,
    )
}

async function standUp(
  project: ComposeProject,
  options: ContainerTopologyOptions & { readonly files: readonly string[] },
  host: Host,
): Promise<void> {
  const { onProgress, signal, env } = host
  const { custom } = options
  const hasGateway = options.gateway !== 'direct'
  await build(project, host)
  onProgress('starting the containers')
  const services = ['mock', ...containedHops(options.toxics, options.runner), ...(hasGateway && !custom ? ['ccr'] : [])]
  try {
    if (options.driver === 'testcontainers') await upWithTestcontainers({ ...options, services })
    else await project.compose(['up', '--detach', '--wait', '--no-build', ...services], signal)
    if (custom) await startCustom(custom, project, options, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw await explainStart(project, custom ? [...services, 'ccr'] : services, custom, cause)
  }
  signal.throwIfAborted()
  if (custom) {
    const url = `http://ccr:${custom.port}${custom.healthPath}`
    await waitFromWithin(project, { url, timeoutMs: custom.readyTimeoutS * 1000, signal })
  }
  const gateway = hasGateway ? await project.state('ccr') : undefined
  if (gateway) await checkLimits(gateway.id, options.limits, env)
}

/** Starts a custom gateway next to a running mock. `up --wait` would refuse a service without a health check. */
async function startCustom(
  gateway: CustomGateway,
  project: ComposeProject,
  options: ContainerTopologyOptions,
  signal: AbortSignal,
): Promise<void> {
  if (gateway.kind === 'image') return project.compose(['up', '--detach', '--no-build', '--no-deps', 'ccr'], signal)
  const { limits, runner, project: name } = options
  const published = runner === 'host' ? gateway.port : undefined
  await startCustomContainer({ project: name, gateway, limits, places: placesOf(options), owner: ownerOf(), published })
}

async function build(project: ComposeProject, { onProgress, signal }: Host): Promise<void> {
  onProgress('building the images (takes minutes the first time)')
  try {
    await project.compose(['build'], signal, (line) => {
      // Only BuildKit's steps, such as `#12 [ccr build 4/6] RUN cargo build`, not their output.
      const step = /^#\d+ \[(\S+(?: \S+)? \d+\/\d+)\] (.{0,80})/.exec(line)
      if (step) onProgress(`  ${step[1]}: ${step[2]}`)
    })
  } catch (cause) {
    // Docker downloads the source itself, so its message does not name the option that contains the URL.
    if (!(cause instanceof EnvironmentError) || !/ccr-source|failed to fetch remote/.test(cause.message)) throw cause
    throw new EnvironmentError(
      `${cause.message}\n--ccr-source: the source of ccr-rust could not be fetched. Give a folder or a git URL (or CCR_SOURCE), or use --gateway reference.`,
      { cause },
    )
  }
}

/** Names the container that did not become healthy, with its last lines. */
async function explainStart(
  project: ComposeProject,
  services: readonly string[],
  custom: CustomGateway | undefined,
  cause: unknown,
): Promise<unknown> {
  for (const service of services) {
    const state = await project.state(service)
    if (state === undefined) continue
    const lines = await project.lastLines(service)
    if (state.status === 'created') continue
    const name = custom && service === 'ccr' ? state.image : service
    if (!state.running || service === services.at(-1))
      return new EnvironmentError(`the container of ${name} did not become healthy${describeLines(lines)}`, {
        cause,
      })
  }
  return cause
}
