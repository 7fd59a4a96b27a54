import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EngineMeter, startEngineMeter } from './cost/docker-engine.ts'
import { EnvironmentError } from './errors.ts'
import { type ExperimentContext, interruptedRun, type Planned, ProbeError } from './experiment.ts'
import { readDocker } from './machine/docker.ts'
import { latestRun, readRun } from './results/read-run.ts'
import type { Run } from './run.ts'
import { type Death, describeLines, type Log } from './topology/child.ts'
import { type ComposeProject, openComposeProject } from './topology/compose-project.ts'

/** What to run in containers: the project's compose files, and the variables that they take. */
export interface ComposeExperiment {
  readonly files: readonly string[]
  /** Variables of the compose file, such as STREAMS. */
  readonly variables: Readonly<Record<string, string>>
  /** Whether a gateway is between runner and mock. */
  readonly hasGateway: boolean
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
}

const dockerTimeoutMs = 10_000

/**
 * Builds and starts the topology of docker-compose.yml in a project of its own, lets its runner do the run, reads that
 * back, adds what only Docker knows, and tears all down. An interrupt at any time still gives a run.
 */
export async function stressInCompose(
  options: ComposeExperiment,
  planned: Planned,
  context: ExperimentContext,
): Promise<Run> {
  const docker = await readDocker({ env: options.env, timeoutMs: dockerTimeoutMs })
  if (docker.engine === undefined)
    throw new EnvironmentError(
      `--topology compose needs a Docker engine, and there is none (${docker.fault ?? 'no reason given'}): start it, or run with --topology local`,
    )
  if (docker.compose === undefined)
    throw new EnvironmentError('--topology compose needs the compose plugin of Docker (v2): install docker-compose-v2')
  const results = await mkdtemp(join(tmpdir(), 'ccr-sse-stress-compose-'))
  const project = openComposeProject({
    project: `ccr-sse-stress-${context.id}`,
    files: options.files,
    env: { ...options.env, ...options.variables, RESULTS: results },
    log: options.log,
    folder: results,
  })
  try {
    await standUp(project, options, context)
    return await runInside(project, options, results, context)
  } catch (cause) {
    if (!context.signal.aborted) throw cause
    return interruptedRun(planned, context)
  } finally {
    context.onPhase('tearing down')
    await project[Symbol.asyncDispose]()
  }
}

async function standUp(project: ComposeProject, { hasGateway }: ComposeExperiment, context: ExperimentContext) {
  const { onPhase, signal } = context
  onPhase('building the images (minutes the first time)')
  try {
    await project.compose(['build'], signal, (line) => {
      // The numbered steps of BuildKit, such as `#12 [ccr build 4/6] RUN cargo build`, and not what each of them prints.
      const step = /^#\d+ \[(\S+(?: \S+)? \d+\/\d+)\] (.{0,80})/.exec(line)
      if (step) onPhase(`  ${step[1]}: ${step[2]}`)
    })
  } catch (cause) {
    // Docker fetches the source before anything of ours runs, and does not know who named it.
    if (!(cause instanceof EnvironmentError) || !/ccr-source|failed to fetch remote/.test(cause.message)) throw cause
    throw new EnvironmentError(
      `${cause.message}\nthe source of ccr-rust is not there: give a folder or a git URL with --ccr-source (or CCR_SOURCE), or --gateway reference`,
      { cause },
    )
  }
  onPhase('starting the containers')
  const services = ['mock', ...(hasGateway ? ['ccr'] : [])]
  try {
    await project.compose(['up', '--detach', '--wait', '--no-build', ...services], signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw await explainStart(project, services, cause)
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
  { hasGateway, env }: ComposeExperiment,
  results: string,
  { id, onPhase, signal }: ExperimentContext,
): Promise<Run> {
  const gateway = hasGateway ? await project.state('ccr') : undefined
  const container = `ccr-sse-stress-${id}-the-runner`
  const runner = await project.start(['run', '--no-deps', '-T', '--name', container, 'runner'], (line, from) => {
    // Its results folder is not where ours is going to be.
    if (from === 'stderr' && !/^(tearing down|results in )/.test(line)) onPhase(line)
  })
  const meter = gateway && (await startEngineMeter(gateway.id, env))
  const interrupt = () => void project.signal(container, signal.reason).catch(() => runner.killNow())
  signal.addEventListener('abort', interrupt, { once: true })
  if (signal.aborted) interrupt()
  try {
    const death = await runner.died
    const folder = await latestRun(results)
    if (folder === undefined) throw noRun(death)
    const run = await readRun(folder)
    return { ...run, ...(await dockersView(project, run, meter)) }
  } finally {
    signal.removeEventListener('abort', interrupt)
    await runner[Symbol.asyncDispose]()
  }
}

/** The runner left no run: it said why as its last words. */
function noRun({ how, lastLines }: Death): Error {
  const said = lastLines.filter((line) => line.startsWith('error: ')).map((line) => line.slice('error: '.length))
  const message = said.length > 0 ? said.join('\n') : `the runner ended with ${how}${describeLines(lastLines)}`
  return how === 'exit status 1' ? new ProbeError(message) : new EnvironmentError(message)
}

/** What the runner can't know: how a container ended, and its cost where its process could not be seen. */
async function dockersView(project: ComposeProject, run: Run, meter: EngineMeter | undefined): Promise<Partial<Run>> {
  const byEngine = await meter?.stop()
  const cost = run.cost ?? byEngine
  const death =
    (await containerDeath(project, 'mock', 'mock')) ?? (await containerDeath(project, 'ccr', run.gateway.name))
  return { ...(cost && { cost }), ...(death && { died: death }) }
}

async function containerDeath(project: ComposeProject, service: string, name: string): Promise<Death | undefined> {
  const state = await project.state(service)
  if (state === undefined || state.running) return undefined
  const why = state.oomKilled ? 'the kernel killed it for memory' : `its container ended with status ${state.exitCode}`
  return { name, how: why, lastLines: await project.lastLines(service) }
}
