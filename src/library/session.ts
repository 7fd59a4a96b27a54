import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { UsageError } from '../base/errors.ts'
import { runInContainers } from '../experiment/containers.ts'
import type { ExperimentContext } from '../experiment/context.ts'
import { runExperiment } from '../experiment/experiment.ts'
import { preflight } from '../host/preflight.ts'
import type { Run } from '../model/run.ts'
import type { Experiment } from '../model/scenario.ts'
import { scenarioVariables } from '../options/compose-variables.ts'
import { experimentOf, type ScenarioOptions } from '../options/scenario.ts'
import { options as table } from '../options/table.ts'
import type { CommandLine, Host } from '../process/host.ts'
import { hideSecrets, runWithoutSecrets, withoutSecrets } from '../process/secrets.ts'
import { newRunId } from '../results/run-id.ts'
import { startContainerTopology } from '../topology/containers/container-topology.ts'
import { startLocalTopology } from '../topology/local.ts'
import { type RunResult, resultOfRun } from './result.ts'
import { type CheckedTopology, checkTopologyOptions, type TopologyOptions } from './topology-options.ts'

/**
 * A running mock and gateway, for any number of runs. `await using` or `stop()` tears them down. They do not keep this process alive: if
 * it ends before that, they are torn down too.
 */
export interface StartedTopology extends AsyncDisposable {
  /**
   * Does one run, without building or starting the topology again. Throws a UsageError for an invalid scenario, and if the topology was
   * stopped.
   */
  run(scenario?: ScenarioOptions, options?: Pick<TopologyOptions, 'signal' | 'onProgress'>): Promise<RunResult>
  /** Interrupts what is running and tears everything down. */
  stop(): Promise<void>
}

/** Starts a topology. If the machine does not allow it, throws an EnvironmentError and leaves nothing behind. */
export async function startTopology(options: TopologyOptions): Promise<StartedTopology> {
  const { signal = new AbortController().signal, onProgress = () => undefined } = options
  const checked = checkTopologyOptions(options)
  const log = pino({ level: 'silent' })
  const host: Host = { env: process.env, passEnv: options.passEnv, log, cli: ownCommand(), onProgress, signal }
  const { runner, workers, toxics } = checked
  const started = await start(checked, host)
  // A gateway or a proxy on this machine needs two descriptors per stream.
  const descriptorsPerStream = checked.driver === 'local' || toxics.list.length > 0 ? 2 : 1
  started.unref()
  const ending = new AbortController()
  const runs = new Set<Promise<unknown>>()
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= keptAlive(async () => {
      ending.abort()
      await Promise.allSettled(runs)
      await started.stop()
    })
    return stopped
  }
  return {
    async run(scenario = {}, runOptions = {}) {
      if (stopped) throw new UsageError([runAfterStop])
      const experiment = checkedExperiment(scenario, checked, host.env)
      if (runner === 'host') preflight({ ...experiment.scenario, descriptorsPerStream })
      const context = {
        id: newRunId(),
        signal: AbortSignal.any([signal, ending.signal, ...(runOptions.signal ? [runOptions.signal] : [])]),
        workers,
        placement: checked.driver === 'local' ? ('local' as const) : ('containers' as const),
        onProgress: (text: string) => (runOptions.onProgress ?? onProgress)(withoutSecrets(text)),
        onLoad: () => undefined,
      }
      const running = keptAlive(() => started.run(experiment, context))
      runs.add(running)
      const run = await running
        .catch((cause: unknown) => {
          if (cause instanceof Error) hideSecrets(cause)
          throw cause
        })
        .finally(() => runs.delete(running))
      return resultOfRun(runWithoutSecrets(run), runner)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Keeps this process alive until the work is done, because the handles that the work waits for may not. */
async function keptAlive<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 2 ** 30)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

const runAfterStop = {
  where: 'run()',
  message: 'needs a running topology, but this one was stopped',
  hint: 'Call startTopology() again.',
} as const

/** Starts a topology, does one run in it and tears it down. */
export async function runScenario(options: TopologyOptions, scenario: ScenarioOptions = {}): Promise<RunResult> {
  // Before anything is started.
  checkedExperiment(scenario, checkTopologyOptions(options), process.env)
  const topology = await startTopology(options)
  try {
    return await topology.run(scenario)
  } finally {
    await topology.stop()
  }
}

/** The experiment of a scenario in this topology. Throws a UsageError. */
function checkedExperiment(scenario: ScenarioOptions, checked: CheckedTopology, env: NodeJS.ProcessEnv): Experiment {
  const experiment = experimentOf(scenario, checked.custom?.protocols, env)
  if (experiment.headers && checked.runner === 'container') throw new UsageError([noSecretsInContainers])
  return experiment
}

const noSecretsInContainers = {
  where: 'headers',
  message: "needs the runner 'host', or the driver 'local': the runner in a container gets no secrets",
} as const

interface Started {
  readonly run: (experiment: Experiment, context: ExperimentContext) => Promise<Run>
  readonly stop: () => Promise<void>
  /** Lets this process end before `stop`. */
  readonly unref: () => void
}

async function start(checked: CheckedTopology, host: Host): Promise<Started> {
  const { mockWorkers, toxics } = checked
  const { scenario } = experimentOf({})
  if (checked.driver === 'local') {
    const { kind, binary, source } = checked.gateway
    const { chunks = 0, delayMs = 0, model } = scenario
    const ways = { gateway: kind, ccrBin: binary, ccrSource: source }
    const options = { ...ways, mockPort: 0, ccrPort: 0, chunks, delayMs, model, mockWorkers, toxics }
    const topology = await startLocalTopology(options, host)
    return {
      run: (experiment, context) => runExperiment(topology, experiment, context),
      stop: async () => topology[Symbol.asyncDispose](),
      unref: () => topology.unref?.(),
    }
  }
  const { source, ...options } = checked
  const topology = await startContainerTopology(
    {
      ...options,
      project: `ccr-sse-stress-${newRunId()}`,
      mockPort: Number(table.mockPort.default),
      gatewayPort: checked.custom?.port ?? Number(table.ccrPort.default),
      variables: { ...scenarioVariables(scenario), [table.workers.env]: `${mockWorkers}`, ...source },
    },
    host,
  )
  return {
    run: (experiment, context) => runInContainers(topology, experiment, context),
    stop: async () => topology[Symbol.asyncDispose](),
    unref: () => topology.unref(),
  }
}

/** The command line next to this file: `cli.ts` in a checkout, `cli.js` in the package. */
function ownCommand(): CommandLine {
  const self = import.meta.url
  const script = fileURLToPath(new URL(`../cli${self.slice(self.lastIndexOf('.'))}`, self))
  return { execPath: process.execPath, script }
}
