import { EnvironmentError, ProbeError } from '../base/errors.ts'
import { startDockerMeter } from '../host/docker-meter.ts'
import type { AsyncMeter } from '../host/meter.ts'
import { workerCount } from '../host/workers.ts'
import type { Run } from '../model/run.ts'
import type { Experiment } from '../model/scenario.ts'
import { scenarioVariables } from '../options/compose-variables.ts'
import { type Death, describeLines } from '../process/child.ts'
import { latestRun, readRun } from '../results/read-run.ts'
import type { ContainedGateway } from '../topology/containers/compose-files.ts'
import type { ComposeProject } from '../topology/containers/compose-project.ts'
import { type CustomGateway, customIdentity } from '../topology/containers/custom-gateway.ts'
import { firstDeath } from '../topology/containers/published.ts'
import { containedHops, type Toxics } from '../topology/hop.ts'
import type { Hop } from '../toxic/parse-toxic.ts'
import type { ExperimentContext } from './context.ts'
import { interruptOf } from './experiment.ts'

/** The project that a runner is started in, and what stands there. */
export interface RunnerPlace {
  readonly project: string
  readonly gateway: ContainedGateway
  readonly custom?: CustomGateway
  readonly toxics: Toxics
  /** The folder of this machine that the runner's container leaves its run in. */
  readonly results: string
  readonly env: NodeJS.ProcessEnv
}

/** Does one run by a runner in a container of its own, which is gone when the promise settles. */
export async function runInContainer(
  project: ComposeProject,
  place: RunnerPlace,
  { scenario, protocol, baseline = true }: Experiment,
  { id, onProgress, signal, workers = 1 }: ExperimentContext,
): Promise<Run> {
  const { project: name, gateway: kind, custom, env, toxics, results } = place
  const gateway = kind === 'direct' ? undefined : await project.state('ccr')
  const container = `${name}-runner-of-${id}`
  const words = ['run', '--no-deps', '-T', '--name', container, 'runner']
  const runner = await project.start(words, {
    env: {
      ...scenarioVariables(scenario),
      PROTOCOL: protocol,
      DRAIN_LIMIT: `${scenario.drainLimitS ?? 0}`,
      NO_BASELINE: baseline ? '' : '1',
      WORKERS: `${workerCount(workers, scenario)}`,
    },
    onLine: (line, from) => {
      // Its results folder is not where ours is going to be.
      if (from === 'stderr' && !/^(tearing down|results in )/.test(line)) onProgress(line)
    },
  })
  const meter = gateway && startDockerMeter(gateway.id, env)
  const interrupt = () => void project.signal(container, interruptOf(signal)).catch(() => runner.killNow())
  signal.addEventListener('abort', interrupt, { once: true })
  if (signal.aborted) interrupt()
  const before = await latestRun(results)
  try {
    const death = await runner.died
    const folder = await latestRun(results)
    if (folder === undefined || folder === before) throw noRun(death)
    // Those of the runner's own command line lead nowhere from here.
    const { words: _, ...run } = await readRun(folder)
    const identity = custom && gateway && customIdentity(custom, gateway, run.gateway.location)
    const known = { ...run, ...(identity && { gateway: identity }) }
    return { ...known, ...(await dockersView(project, known, containedHops(toxics, 'container'), meter)) }
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
  meter: AsyncMeter | undefined,
): Promise<Partial<Run>> {
  const byEngine = await meter?.stop()
  const cost = run.cost ?? byEngine
  const ended = await firstDeath(project, run.gateway.name, proxies)
  const died = ended ?? (run.died && (await withLastLines(project, run.died)))
  return { ...(cost && { cost }), ...(died && { died }) }
}

/** A process whose container lives on, as its keeper does, has its last words in that container's log. */
async function withLastLines(project: ComposeProject, died: Death): Promise<Death> {
  return { ...died, lastLines: await project.lastLines(died.name === 'mock' ? 'mock' : 'ccr') }
}
