import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError } from '../../base/errors.ts'
import type { GatewayPlaces } from '../../gateways/template.ts'
import { readDocker } from '../../host/docker.ts'
import { startDockerMeter } from '../../host/docker-meter.ts'
import { describeLines } from '../../process/child.ts'
import type { Host } from '../../process/host.ts'
import { ownerOf, ownerVariable } from '../../process/owner.ts'
import type { Hop } from '../../toxic/parse-toxic.ts'
import { containedHops, hasHop, proxyFlags, type Toxics, toxicTexts, withFrontHop } from '../hop.ts'
import type { Topology } from '../topology.ts'
import { type ContainedGateway, composeFiles } from './compose-files.ts'
import { type ComposeProject, openComposeProject } from './compose-project.ts'
import type { CustomGateway } from './custom-gateway.ts'
import { overrideIn, writeOverride } from './custom-override.ts'
import { checkLimits, type GatewayLimits, limitVariables } from './gateway-limits.ts'
import { waitFromWithin } from './health-within.ts'
import { startOwnContainer } from './own-container.ts'
import { publishedTopology } from './published.ts'
import { upWithTestcontainers } from './testcontainers.ts'

/** The topology of docker-compose.yml in a project of its own: what it is made from, and who stands it up. */
export interface ContainerTopologyOptions {
  /** Of [a-z0-9-]; containers and networks carry it. */
  readonly project: string
  readonly driver: 'compose' | 'testcontainers'
  /** Variables of the compose files, such as CCR_SOURCE. */
  readonly variables: Variables
  readonly gateway: ContainedGateway
  /** The gateway where it is `custom`. */
  readonly custom?: CustomGateway
  /** `host`: this process is the runner, and the ports are published on 127.0.0.1. */
  readonly runner: 'container' | 'host'
  readonly mockPort: number
  readonly gatewayPort: number
  /** What the gateway is to be held to: refused where the engine does not. */
  readonly limits: GatewayLimits
  readonly toxics: Toxics
}

/** Variables of the compose files and their values. */
export type Variables = Readonly<Record<string, string>>

/** Mock and gateway in containers, both healthy. */
export interface ContainerTopology extends AsyncDisposable {
  readonly project: ComposeProject
  readonly options: ContainerTopologyOptions
  readonly host: Host
  /** The folder of this machine that a runner's container leaves its runs in. */
  readonly results: string
  /** What this process loads where it is the runner; undefined: the runner is a container. */
  readonly published: Topology | undefined
}

const dockerTimeoutMs = 10_000

/** Builds and starts mock and gateway; where that fails or is aborted, what was started is torn down first. */
export async function startContainerTopology(
  options: ContainerTopologyOptions,
  host: Host,
): Promise<ContainerTopology> {
  await requireDocker(options.driver, host)
  const results = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-compose-'))
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
    [ownerVariable]: ownerOf(process.pid),
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
    const published = options.runner === 'host' ? await seenFromHost(project, options, host) : undefined
    return {
      project,
      options,
      host,
      results,
      published,
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

/** The variables of the compose files of the hops. */
function toxicVariables(toxics: Toxics): Variables {
  const words = (hop: Hop) => proxyFlags(toxics, hop).join(' ')
  return { RUNNER_GATEWAY_TOXICS: words('runner-gateway'), GATEWAY_MOCK_TOXICS: words('gateway-mock') }
}

async function seenFromHost(project: ComposeProject, options: ContainerTopologyOptions, host: Host): Promise<Topology> {
  const startMeter = (container: string) => startDockerMeter(container, host.env)
  const seen = await publishedTopology({
    ...options,
    project,
    startMeter,
    proxies: containedHops(options.toxics, options.runner),
  })
  return withFrontHop({ ...seen, toxics: toxicTexts(options.toxics, ['gateway-mock']) }, options.toxics, host)
}

function placesOf({ mockPort, gatewayPort, variables, toxics }: ContainerTopologyOptions): GatewayPlaces {
  const host = hasHop(toxics, 'gateway-mock') ? 'gateway-mock' : 'mock'
  return { upstream: `http://${host}:${mockPort}/v1`, port: gatewayPort, model: variables['MODEL'] ?? '' }
}

async function requireDocker(driver: string, { env }: Host): Promise<void> {
  const docker = await readDocker({ env, timeoutMs: dockerTimeoutMs })
  if (docker.engine === undefined)
    throw new EnvironmentError(
      `--topology ${driver} needs a Docker engine, and there is none (${docker.fault ?? 'no reason given'}): start it, or run with --topology local`,
    )
  if (docker.compose === undefined)
    throw new EnvironmentError(
      `--topology ${driver} needs the compose plugin of Docker (v2): install docker-compose-v2`,
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
    throw await explainStart(project, [...services, ...(custom ? ['ccr'] : [])], cause)
  }
  signal.throwIfAborted()
  if (custom) {
    const url = `http://ccr:${custom.port}${custom.healthPath}`
    await waitFromWithin(project, { url, timeoutMs: custom.readyTimeoutS * 1000, signal })
  }
  const gateway = hasGateway ? await project.state('ccr') : undefined
  if (gateway) await checkLimits(gateway.id, options.limits, env)
}

/** Starts a gateway of the user's own beside a mock that stands. `up --wait` would refuse one that has no health check. */
async function startCustom(
  gateway: CustomGateway,
  project: ComposeProject,
  options: ContainerTopologyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { project: name, limits } = options
  if (gateway.kind === 'image') return project.compose(['up', '--detach', '--no-build', '--no-deps', 'ccr'], signal)
  const owner = ownerOf(process.pid)
  await startOwnContainer({ project: name, gateway, limits, places: placesOf(options), owner })
}

async function build(project: ComposeProject, { onProgress, signal }: Host): Promise<void> {
  onProgress('building the images (minutes the first time)')
  try {
    await project.compose(['build'], signal, (line) => {
      // The numbered steps of BuildKit, such as `#12 [ccr build 4/6] RUN cargo build`, and not what each of them prints.
      const step = /^#\d+ \[(\S+(?: \S+)? \d+\/\d+)\] (.{0,80})/.exec(line)
      if (step) onProgress(`  ${step[1]}: ${step[2]}`)
    })
  } catch (cause) {
    // Docker fetches the source before anything of ours runs, and does not know who named it.
    if (!(cause instanceof EnvironmentError) || !/ccr-source|failed to fetch remote/.test(cause.message)) throw cause
    throw new EnvironmentError(
      `${cause.message}\nthe source of ccr-rust is not there: give a folder or a git URL with --ccr-source (or CCR_SOURCE), or --gateway reference`,
      { cause },
    )
  }
}

/** Names the container that did not become healthy, with its last lines. */
async function explainStart(project: ComposeProject, services: readonly string[], cause: unknown): Promise<unknown> {
  for (const service of services) {
    const state = await project.state(service)
    if (state === undefined) continue
    const lines = await project.lastLines(service)
    if (state.status === 'created') continue
    if (!state.running || service === services.at(-1))
      return new EnvironmentError(`the container of ${service} did not become healthy${describeLines(lines)}`, {
        cause,
      })
  }
  return cause
}
