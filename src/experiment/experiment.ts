import { join } from 'node:path'
import { nowNs } from '../base/clock.ts'
import { EnvironmentError } from '../base/errors.ts'
import { startMeter } from '../host/meter.ts'
import { readBootId } from '../host/proc.ts'
import { workerCount } from '../host/workers.ts'
import { withRunner } from '../load/runner.ts'
import type { DirectWindow } from '../model/baseline.ts'
import type { MockClock } from '../model/mock-stats.ts'
import type { Run } from '../model/run.ts'
import type { Experiment, PlannedExperiment } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { hasClientFaults, typicalOf } from '../plan/mix.ts'
import { addressOf, hostOf } from '../process/address.ts'
import { spoolIn } from '../results/record-spool.ts'
import { type Topology, unknownGateway } from '../topology/topology.ts'
import { measureBaseline } from './baseline.ts'
import type { ExperimentContext, RunContext } from './context.ts'
import { awaitDrain, type BeforeLoad, sampleBeforeLoad } from './drain.ts'
import { endedEarly, failedParts, isMockLost, stoppedRun } from './ended-early.ts'
import { watchGatewayEnd } from './gateway-end.ts'
import { watchInstrument } from './instrument-watch.ts'
import { measureLoad, nothingLoaded } from './load.ts'
import { clockOverLoad, readMockClock } from './mock-clock.ts'
import { overTime } from './over-time.ts'
import { type Header, runHeader } from './run-header.ts'
import { awaitIdleMock, readMockStats, readTruths, resetIdleMock, type Truths, withTruth } from './telemetry.ts'
import { warmUp } from './warm-up.ts'

/** Time limit for warm-up streams to end at the mock, in ms. */
const idleWithinMs = 5000

/** Starts a topology, runs one experiment in it and tears it down. An interrupt at any time still results in a run. */
export async function stressTopology<T extends AsyncDisposable>(
  start: () => Promise<T>,
  run: (topology: T, experiment: Experiment, context: ExperimentContext) => Promise<Run>,
  planned: PlannedExperiment,
  context: ExperimentContext,
): Promise<Run> {
  const topology = await start().catch((cause: unknown) => {
    if (!context.signal.aborted) throw cause
    return undefined
  })
  if (!topology) return interruptedRun(planned, context)
  try {
    return await run(topology, planned, context)
  } finally {
    context.onProgress('tearing down')
    await topology[Symbol.asyncDispose]()
  }
}

/** Runs one experiment on a started topology, phase by phase, and leaves the topology running. */
export async function runExperiment(
  topology: Topology,
  experiment: Experiment,
  context: ExperimentContext,
): Promise<Run> {
  return withRunner(workerCount(context.workers ?? 1, typicalOf(experiment.scenario)), async (runner) => {
    using watch = watchInstrument(topology.parts, runner)
    const { loadUrl, gatewayUrl, gatewayAddress } = topology
    const address = loadUrl === undefined ? gatewayAddress : undefined
    const target = { baseUrl: loadUrl ?? gatewayUrl, address, protocol: experiment.protocol }
    const signal = AbortSignal.any([context.signal, watch.signal])
    const run: RunContext = { ...context, signal, runner, watch, topology, experiment, target }
    const measured = await measure(run)
    return { ...measured, ...failedParts(watch), interruptedBy: interruption(context) }
  })
}

/** Runs the phases in sequence. If a phase makes the next ones pointless, the run ends with the streams so far. */
async function measure(run: RunContext): Promise<Run> {
  const { watch } = run
  const header = start(run)
  try {
    const failed = await warmUp(run)
    if (failed) return await stoppedRun(run, header, failed)
    watch.phase = 'baseline'
    const clock = await readClock(run)
    const before = await measureBaseline('before', run, clock)
    if (watch.failed().length > 0 || !(await resetMock(run))) return await stoppedRun(run, header, {})
    const sampled = await sampleBeforeLoad(run)
    watch.phase = 'load'
    const loaded = await load(run, clock)
    const drained = await drain(run, sampled, loaded)
    const after = loaded.abortedBy ? undefined : await baselineAfter(run, clock, drained)
    return await assemble(run, { header, loaded, drained, windows: [before, after], clock })
  } catch (cause) {
    // The gateway was reached, so there is a result, even if this machine cannot finish the run.
    if (!(cause instanceof EnvironmentError)) throw cause
    return await stoppedRun(run, header, { why: cause.message })
  }
}

/** Loads any URL, whatever answers there: no topology, no baseline, no drain. */
export async function stressTarget(
  { baseUrl, protocol }: Target,
  { scenario, headers }: Pick<Experiment, 'scenario' | 'headers'>,
  context: ExperimentContext,
): Promise<Run> {
  const found = await addressOf(baseUrl)
  const target: Target = { baseUrl, address: found === hostOf(baseUrl) ? undefined : found, protocol }
  const gateway = unknownGateway(baseUrl)
  return withRunner(workerCount(context.workers ?? 1, typicalOf(scenario)), async (runner) => {
    using watch = watchInstrument([], runner)
    watch.phase = 'load'
    const header = runHeader('stress', target, scenario, gateway, context)
    const load = { ...context, runner, watch, target, scenario, headers, gatewayUrl: target.baseUrl }
    const { blocks: _, ...loaded } = await measureLoad({ ...load, isPlanCertain: false })
    return {
      ...header,
      workers: { runner: runner.workers },
      ...loaded,
      stopped: endedEarly(watch, loaded) ?? loaded.stopped,
      ...failedParts(watch),
      interruptedBy: interruption(context),
    }
  })
}

/** The run of an experiment that was interrupted before the topology had started: no stream was started. */
export function interruptedRun(
  { gatewayUrl, scenario, protocol, toxics }: PlannedExperiment,
  context: ExperimentContext,
): Run {
  const gateway = unknownGateway(gatewayUrl, 'none (interrupted before the gateway started)')
  const header = runHeader('run', { baseUrl: gatewayUrl, protocol }, scenario, gateway, context)
  return { ...header, toxics, ...nothingLoaded(scenario), interruptedBy: interruption(context) }
}

/** The signal that an abort stands for; SIGINT for an abort by a program. */
export function interruptOf({ reason }: AbortSignal): NonNullable<Run['interruptedBy']> {
  return reason === 'SIGTERM' || reason === 'SIGHUP' ? reason : 'SIGINT'
}

/** Records when the run started, and what it is going to do. */
function start({ topology, experiment, target, ...context }: RunContext): Header {
  return {
    ...runHeader('run', target, experiment.scenario, topology.gateway, context),
    toxics: topology.toxics,
  }
}

function readClock({ topology }: RunContext): Promise<MockClock | undefined> {
  return readMockClock(topology.mockUrl, readBootId())
}

/** Resets the mock's counters once the streams of the phases before have ended; false if a part of the harness failed. */
async function resetMock({ topology, watch, signal }: RunContext): Promise<boolean> {
  const isReset = () => resetIdleMock(topology.mockUrl, idleWithinMs, signal)
  if (await isReset()) return true
  if ((await watch.check()).length > 0) return false
  // It was only slow.
  if (await isReset()) return true
  throw new EnvironmentError(
    `the mock at ${topology.mockUrl} did not reset its counters in time. Check that it is running and reachable.`,
  )
}

type LoadPhase = Awaited<ReturnType<typeof measureLoad>> & Pick<Run, 'cost' | 'mock' | 'died'>

/** Applies the load while the cost of the gateway is measured. */
async function load(run: RunContext, clock: MockClock | undefined): Promise<LoadPhase> {
  const { topology, experiment, watch } = run
  const { gatewayUrl, mockUrl, activeStreams, gatewayProcess } = topology
  const startNs = nowNs()
  const meter = topology.startMeter?.() ?? (gatewayProcess && startMeter(gatewayProcess))
  using gatewayEnd = watchGatewayEnd(experiment.scenario, gatewayProcess?.pid)
  const loading = measureLoad({
    ...run,
    signal: AbortSignal.any([run.signal, gatewayEnd.signal]),
    scenario: experiment.scenario,
    headers: experiment.headers,
    gatewayUrl,
    activeStreams,
    isPlanCertain: true,
    clock,
  })
  // Even if the load fails: a running meter would keep this process alive.
  await Promise.allSettled([loading])
  const cost = await meter?.stop()
  const loaded = await loading
  await watch.check()
  const mock = isMockLost(watch) ? undefined : await readMockStats(mockUrl)
  const proxies = topology
    .proxies?.()
    .map(({ name, pauses }) => ({ name, pauses: pauses.filter(({ toNs }) => toNs >= startNs) }))
  const instrument = loaded.instrument && { ...loaded.instrument, proxies }
  // Without its upstream, even a healthy gateway may report itself as unhealthy.
  const death = watch.failed().length > 0 ? undefined : await topology.death()
  const isGone = gatewayEnd.signal.aborted && watch.failed().length === 0
  const died = death ?? (isGone ? { name: topology.gateway.name, how: 'its process ended', lastLines: [] } : undefined)
  const series = loaded.series && overTime(loaded.series, { gateway: meter })
  return { ...loaded, series, instrument, cost, mock, died }
}

type DrainPhase = Pick<Run, 'records' | 'mock' | 'drain' | 'died'>

/** Waits until the gateway has drained, and completes the records with what the mock saw of each stream. */
async function drain(run: RunContext, before: BeforeLoad | undefined, loaded: LoadPhase): Promise<DrainPhase> {
  const { topology, experiment, watch, signal, onProgress } = run
  const { scenario } = experiment
  const isOver = loaded.died !== undefined || watch.failed().length > 0
  if (!isOver) watch.phase = 'drain'
  if (before && !isOver) onProgress('waiting for the gateway to drain')
  // The mock may take a while to notice that clients left; the drain waits for that too.
  const drained = before && !isOver ? await awaitDrain(run, before, loaded.records) : undefined
  if (!before && hasClientFaults(scenario)) await awaitIdleMock(topology.mockUrl, idleWithinMs, signal)
  if (!isOver) await watch.check()
  const isProbeLost = drained?.drain.probe?.whole === false
  const truths = isMockLost(watch) ? undefined : await readTruths(topology.mockUrl, scenario.seed)
  const mock = drained?.mock
    ? { ...drained.mock, instrument: loaded.mock?.instrument ?? drained.mock.instrument }
    : loaded.mock
  return {
    records: withTruths(run, loaded.records, truths, mock?.streamsForgotten === undefined),
    mock,
    drain: drained?.drain,
    // A gateway that fails the probe stream may have died since the load.
    died: loaded.died ?? (isProbeLost && watch.failed().length === 0 ? await topology.death() : undefined),
  }
}

/** Adds what the mock did to the records. Those of a long load that are on disk stay as they are. */
function withTruths(
  { spool: options, id }: RunContext,
  records: Run['records'],
  truths: Truths,
  isComplete: boolean,
): Run['records'] {
  const spool = options && spoolIn(join(options.out, id))
  return records.map((record) => (spool?.isWritten(record) ? record : withTruth(record, truths, isComplete)))
}

/** Measures the baseline again. If it cannot be measured, the one before the load remains. */
async function baselineAfter(
  run: RunContext,
  clock: MockClock | undefined,
  { died }: DrainPhase,
): Promise<DirectWindow | undefined> {
  const { watch } = run
  if (died || run.signal.aborted || watch.failed().length > 0) return undefined
  watch.phase = 'second baseline'
  try {
    const window = await measureBaseline('after', run, clock)
    await watch.check()
    return window
  } catch (cause) {
    if (!(cause instanceof EnvironmentError)) throw cause
    await watch.check()
    run.onProgress(`skipping the direct baseline (after): ${cause.message}`)
    return undefined
  }
}

interface Phases {
  readonly header: Header
  readonly loaded: LoadPhase
  readonly drained: DrainPhase
  readonly windows: readonly (DirectWindow | undefined)[]
  readonly clock: MockClock | undefined
}

/** Puts together what the phases found. */
async function assemble(run: RunContext, { header, loaded, drained, ...phases }: Phases): Promise<Run> {
  const { blocks, ...load } = loaded
  const windows = phases.windows.filter((window) => window !== undefined)
  const { clock } = phases
  return {
    ...header,
    workers: { runner: run.runner.workers, mock: drained.mock && (drained.mock.workers ?? 1) },
    ...load,
    ...drained,
    stopped: endedEarly(run.watch, loaded) ?? loaded.stopped,
    baseline: windows.length > 0 ? { windows, gateway: blocks } : undefined,
    mockClock: clock && clockOverLoad(clock, isMockLost(run.watch) ? undefined : await readClock(run)),
  }
}

function interruption({ signal }: Pick<ExperimentContext, 'signal'>): Run['interruptedBy'] {
  return signal.aborted ? interruptOf(signal) : undefined
}
