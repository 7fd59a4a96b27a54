import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngineMeter } from './cost/docker-engine.ts'
import type { LaterMeter } from './cost/meter.ts'
import { EnvironmentError, ProbeError } from './errors.ts'
import { type ExperimentContext, interruptOf, loadTopology } from './experiment.ts'
import { readDocker } from './machine/docker.ts'
import { latestRun, readRun } from './results/read-run.ts'
import type { Run, Scenario } from './run.ts'
import { type Death, describeLines, type Log } from './topology/child.ts'
import { type ComposeProject, openComposeProject } from './topology/compose-project.ts'
import { type ContainedGateway, composeFiles, scenarioVariables } from './topology/compose-variables.ts'
import { checkLimits, type GatewayLimits, limitVariables } from './topology/gateway-limits.ts'
import { hopsOf, type OwnCommand, type Toxics, toldToxics, toxicWords, withFrontHop } from './topology/hop.ts'
import { ownerOf, ownerVariable } from './topology/owner.ts'
import { containerDeath, publishedTopology } from './topology/published.ts'
import { upWithTestcontainers } from './topology/testcontainers.ts'
import type { Topology } from './topology/topology.ts'
import type { Hop } from './toxic/parse-toxic.ts'

/** The topology of docker-compose.yml in a project of its own: what it is made from, and who stands it up. */
export interface ContainerTopologyOptions {
  /** Of [a-z0-9-]; containers and networks carry it. */
  readonly project: string
  readonly driver: 'compose' | 'testcontainers'
  /** Variables of the compose files, such as CCR_SOURCE. */
  readonly variables: Variables
  readonly gateway: ContainedGateway
  /** `host`: this process is the runner, and the ports are published on 127.0.0.1. */
  readonly runner: 'container' | 'host'
  readonly mockPort: number
  readonly gatewayPort: number
  /** What the gateway is to be held to: refused where the engine does not. */
  readonly limits: GatewayLimits
  readonly toxics: Toxics
  /** For the proxy before the gateway where this process is the runner. */
  readonly cli: OwnCommand
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/** Variables of the compose files and their values. */
export type Variables = Readonly<Record<string, string>>

/** Mock and gateway in containers, both healthy; a runner in a container of its own for each run. */
export interface ContainerTopology extends AsyncDisposable {
  /** Does one run; the topology stands as before after it. */
  run(scenario: Scenario, context: ExperimentContext): Promise<Run>
}

const dockerTimeoutMs = 10_000

/** Builds and starts mock and gateway; where that fails or is aborted, what was started is torn down first. */
export async function startContainerTopology(options: ContainerTopologyOptions): Promise<ContainerTopology> {
  await requireDocker(options)
  const results = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-compose-'))
  const hops = containedHops(options)
  const files = composeFiles(options.gateway, [...hops, ...(options.runner === 'host' ? ['host'] : [])])
  const variables = {
    ...options.variables,
    ...limitVariables(options.limits),
    ...toxicVariables(options.toxics),
    MOCK_PORT: `${options.mockPort}`,
    CCR_PORT: `${options.gatewayPort}`,
    RESULTS: results,
    [ownerVariable]: ownerOf(process.pid),
  }
  const env = { ...options.env, ...variables }
  const { project: name, log } = options
  const project = openComposeProject({ project: name, files, env, log, folder: results })
  try {
    await standUp(project, { ...options, files, variables })
    const outside = options.runner === 'host' ? await seenFromHost(project, options) : undefined
    return {
      run: (scenario, context) =>
        outside ? loadTopology(outside, scenario, context) : runInside(project, options, scenario, results, context),
      async [Symbol.asyncDispose]() {
        await outside?.[Symbol.asyncDispose]()
        await project[Symbol.asyncDispose]()
      },
    }
  } catch (cause) {
    await project[Symbol.asyncDispose]()
    throw cause
  }
}

/** The hops whose proxies are containers: one before the gateway is none where the runner is none, as ports are published. */
function containedHops({ toxics, runner }: ContainerTopologyOptions): readonly Hop[] {
  return hopsOf(toxics).filter((hop) => hop === 'gateway-mock' || runner === 'container')
}

/** The variables of the compose files of the hops. */
function toxicVariables(toxics: Toxics): Variables {
  const [front, back] = (['runner-gateway', 'gateway-mock'] as const).map((hop) => toxicWords(toxics, hop).join(' '))
  return { RUNNER_GATEWAY_TOXICS: front as string, GATEWAY_MOCK_TOXICS: back as string }
}

async function seenFromHost(project: ComposeProject, options: ContainerTopologyOptions): Promise<Topology> {
  const startMeter = (container: string) => startEngineMeter(container, options.env)
  const seen = await publishedTopology({ ...options, project, startMeter })
  return withFrontHop({ ...seen, ...toldToxics(options.toxics, ['gateway-mock']) }, options)
}

async function requireDocker({ driver, env }: ContainerTopologyOptions): Promise<void> {
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
): Promise<void> {
  const { onProgress, signal } = options
  const hasGateway = options.gateway !== 'direct'
  await build(project, options)
  onProgress('starting the containers')
  const services = ['mock', ...containedHops(options), ...(hasGateway ? ['ccr'] : [])]
  try {
    if (options.driver === 'testcontainers') await upWithTestcontainers({ ...options, services })
    else await project.compose(['up', '--detach', '--wait', '--no-build', ...services], signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw await explainStart(project, services, cause)
  }
  signal.throwIfAborted()
  const gateway = hasGateway ? await project.state('ccr') : undefined
  if (gateway) await checkLimits(gateway.id, options.limits, options.env)
}

async function build(project: ComposeProject, { onProgress, signal }: ContainerTopologyOptions): Promise<void> {
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
    if (!state.running || service === services.at(-1))
      return new EnvironmentError(`the container of ${service} did not become healthy${describeLines(lines)}`, {
        cause,
      })
  }
  return cause
}

async function runInside(
  project: ComposeProject,
  options: ContainerTopologyOptions,
  scenario: Scenario,
  results: string,
  { id, onPhase, signal }: ExperimentContext,
): Promise<Run> {
  const { project: name, gateway: kind, env, toxics } = options
  const gateway = kind === 'direct' ? undefined : await project.state('ccr')
  const container = `${name}-runner-of-${id}`
  const words = ['run', '--no-deps', '-T', '--name', container, 'runner']
  const runner = await project.start(words, {
    env: scenarioVariables(scenario),
    onLine: (line, from) => {
      // Its results folder is not where ours is going to be.
      if (from === 'stderr' && !/^(tearing down|results in )/.test(line)) onPhase(line)
    },
  })
  const meter = gateway && startEngineMeter(gateway.id, env)
  const interrupt = () => void project.signal(container, interruptOf(signal)).catch(() => runner.killNow())
  signal.addEventListener('abort', interrupt, { once: true })
  if (signal.aborted) interrupt()
  const before = await latestRun(results)
  try {
    const death = await runner.died
    const folder = await latestRun(results)
    if (folder === undefined || folder === before) throw noRun(death)
    const run = await readRun(folder)
    const view = await dockersView(project, run, containedHops(options), meter)
    return { ...run, ...toldToxics(toxics, hopsOf(toxics)), ...view }
  } finally {
    signal.removeEventListener('abort', interrupt)
    await runner[Symbol.asyncDispose]()
    await meter?.stop()
  }
}

/** The runner left no run: it said why as its last words. */
function noRun({ how, lastLines }: Death): Error {
  const said = lastLines.filter((line) => line.startsWith('error: ')).map((line) => line.slice('error: '.length))
  const message = said.length > 0 ? said.join('\n') : `the runner ended with ${how}${describeLines(lastLines)}`
  return how === 'exit status 1' ? new ProbeError(message) : new EnvironmentError(message)
}

/** What the runner can't know: how a container ended and what it said last, and its cost where no process could be seen. */
async function dockersView(
  project: ComposeProject,
  run: Run,
  proxies: readonly Hop[],
  meter: LaterMeter | undefined,
): Promise<Partial<Run>> {
  const byEngine = await meter?.stop()
  const cost = run.cost ?? byEngine
  const services = [
    ['mock', 'mock'],
    ['ccr', run.gateway.name],
    ...proxies.map((hop) => [hop, `the proxy ${hop}`] as const),
  ] as const
  let ended: Death | undefined
  for (const [service, called] of services) ended ??= await containerDeath(project, service, called)
  const died = ended ?? (run.died && (await withLastLines(project, run.died)))
  return { ...(cost && { cost }), ...(died && { died }) }
}

/** A process whose container lives on, as its keeper does, has its last words in that container's log. */
async function withLastLines(project: ComposeProject, died: Death): Promise<Death> {
  return { ...died, lastLines: await project.lastLines(died.name === 'mock' ? 'mock' : 'ccr') }
}
