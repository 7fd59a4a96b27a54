import { EnvironmentError } from '../base/errors.ts'
import { startDockerMeter } from '../host/docker-meter.ts'
import type { AsyncMeter } from '../host/meter.ts'
import { workerCount } from '../host/workers.ts'
import type { FailedPart } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import type { Experiment, PlannedExperiment } from '../model/scenario.ts'
import { experimentVariables } from '../options/compose-variables.ts'
import { typicalOf } from '../plan/mix.ts'
import { type Death, describeLines } from '../process/child.ts'
import type { Host } from '../process/host.ts'
import { latestRun, readRun } from '../results/read-run.ts'
import type { ComposeProject } from '../topology/containers/compose-project.ts'
import {
  type ContainerTopology,
  type ContainerTopologyOptions,
  startContainerTopology,
} from '../topology/containers/container-topology.ts'
import { customIdentity } from '../topology/containers/custom-gateway.ts'
import { endedParts, gatewayDeath } from '../topology/containers/published.ts'
import { containedHops } from '../topology/hop.ts'
import type { Hop } from '../toxic/parse-toxic.ts'
import type { ExperimentContext } from './context.ts'
import { interruptedRun, interruptOf, runExperiment, stressTopology } from './experiment.ts'
import { overTime } from './over-time.ts'

/** Starts the containers, runs one experiment in them and removes them. An interrupt at any time still results in a run. */
export async function stressInContainers(
  options: ContainerTopologyOptions,
  host: Host,
  planned: PlannedExperiment,
  context: ExperimentContext,
): Promise<Run> {
  const start = () => startContainerTopology(options, host)
  try {
    return await stressTopology(start, runInContainers, planned, context)
  } catch (cause) {
    if (!context.signal.aborted) throw cause
    return interruptedRun(planned, context)
  }
}

/** Runs one experiment in a started container topology and leaves it running. */
export async function runInContainers(
  topology: ContainerTopology,
  experiment: Experiment,
  context: ExperimentContext,
): Promise<Run> {
  return topology.published
    ? runExperiment(topology.published, experiment, context)
    : runWithContainedRunner(topology, experiment, context)
}

/** Runs one experiment with a runner in its own container, which is removed afterwards. */
async function runWithContainedRunner(
  { project, options, host, results }: ContainerTopology,
  experiment: Experiment,
  { id, onProgress, signal, workers = 1 }: ExperimentContext,
): Promise<Run> {
  const { project: name, gateway: kind, custom, toxics } = options
  const gateway = kind === 'direct' ? undefined : await project.state('ccr')
  const container = `${name}-runner-of-${id}`
  const runner = await project.start(['run', '--no-deps', '-T', '--name', container, 'runner'], {
    env: experimentVariables(experiment, workerCount(workers, typicalOf(experiment.scenario))),
    onLine: (line, from) => {
      // Its paths are valid only inside its container.
      if (from === 'stderr' && !/^(tearing down|results in |Ctrl-C: )/.test(line)) onProgress(line)
    },
  })
  const meter = gateway && startDockerMeter(gateway.id, host.env)
  const interrupt = () => void project.signal(container, interruptOf(signal)).catch(() => runner.killNow())
  signal.addEventListener('abort', interrupt, { once: true })
  if (signal.aborted) interrupt()
  const earlier = await latestRun(results)
  try {
    const death = await runner.died
    const folder = await latestRun(results)
    if (folder === undefined || folder === earlier) throw noRun(death)
    // The runner's own command line is valid only inside its container.
    const { words: _words, startedBy: _startedBy, ...stored } = await readRun(folder)
    const identity = custom && gateway && customIdentity(custom, gateway, stored.gateway.location)
    const gatewayOfRun = identity ?? stored.gateway
    const run: Run = { ...stored, topology: 'containers', gateway: gatewayOfRun, died: renamed(stored, identity?.name) }
    return { ...run, ...(await seenByDocker(project, run, containedHops(toxics, 'container'), meter)) }
  } finally {
    signal.removeEventListener('abort', interrupt)
    await runner[Symbol.asyncDispose]()
    await meter?.stop()
  }
}

/** How a part died, with the name of the user's gateway, which the contained runner does not know. */
function renamed({ died, gateway }: Pick<Run, 'died' | 'gateway'>, name = gateway.name): Death | undefined {
  return died && (died.name === gateway.name ? { ...died, name } : died)
}

/** The error of a runner that left no run: its own error lines, if it printed any. */
function noRun({ how, lastLines }: Death): Error {
  const errors = lastLines.filter((line) => line.startsWith('error: ')).map((line) => line.slice('error: '.length))
  const message = errors.length > 0 ? errors.join('\n') : `the runner ended with ${how}${describeLines(lastLines)}`
  return new EnvironmentError(message)
}

/** What a contained runner cannot see: how a container ended, its last lines, and the cost of an invisible process. */
async function seenByDocker(
  project: ComposeProject,
  run: Run,
  proxies: readonly Hop[],
  meter: AsyncMeter | undefined,
): Promise<Pick<Run, 'cost' | 'died' | 'failedParts' | 'series'>> {
  const dockerCost = await meter?.stop()
  const death = await gatewayDeath(project, run.gateway.name)
  // If a process dies but its container is still running, the container's log has its last lines.
  const died = death ?? (run.died && { ...run.died, lastLines: await project.lastLines('ccr') })
  const failedParts = withEnded(run.failedParts ?? [], await endedParts(project, proxies))
  const series = run.series && run.cost === undefined ? overTime(run.series, { gateway: meter }) : run.series
  return { cost: run.cost ?? dockerCost, died, failedParts: failedParts.length > 0 ? failedParts : undefined, series }
}

/** The parts that failed, with the ends of their containers instead of an unanswered request. */
function withEnded(failed: readonly FailedPart[], ended: readonly Omit<FailedPart, 'phase'>[]): readonly FailedPart[] {
  const known = failed.map((part) => ({ ...part, ...ended.find(({ name }) => name === part.name) }))
  const unknown = ended.filter(({ name }) => !failed.some((part) => part.name === name))
  return [...known, ...unknown.map((part) => ({ ...part, phase: 'second baseline' }) as const)]
}
