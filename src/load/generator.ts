import { nowNs } from '../base/clock.ts'
import type { FailureKind } from '../model/failure.ts'
import type { MockClock } from '../model/mock-stats.ts'
import { durationOf, isOpenLoop, type LoadPhase, phasesOf } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { defaultEventMemoryMb } from '../protocol/memory-budget.ts'
import { runBurst } from './burst.ts'
import { loadClients } from './clients.ts'
import { runClosedLoop } from './closed-loop.ts'
import { DeltaTimes } from './delta-times.ts'
import { FlightRecorder, withoutStamps } from './flight-recorder.ts'
import { LiveCounter } from './live-counter.ts'
import { type LoadResult, mergeByIndex, mergeGaps, mergeTimes, mergeTransit } from './load-result.ts'
import { runOpenLoop } from './open-loop.ts'
import { OpenStreams } from './open-streams.ts'
import { Pacer } from './pacer.ts'
import type { PhaseWork } from './phase-work.ts'
import { RecordSink, type RecordSpool } from './record-sink.ts'
import { phaseSeed } from './schedule.ts'
import { SeriesRecorder } from './series-recorder.ts'
import { Sessions } from './sessions.ts'
import { Stream } from './stream.ts'
import type { StreamContext } from './stream-options.ts'
import { streamPlanner } from './stream-plan.ts'
import type { TimeLine } from './time-line.ts'

/** Counters of a load, updated while it runs. */
export interface LoadProgress {
  started: number
  done: number
  failed: number
  events: number
  /** Starts that an open loop dropped. */
  dropped: number
  /** Index of the current phase. */
  phase: number
}

/** One worker's part of a load: every start whose number modulo `count` is `index`. */
interface Shard {
  readonly index: number
  readonly count: number
  /** Called when everything is ready for the next phase. Resolves with the start of the phase (ns, see `clock.ts`). */
  readonly begin: () => Promise<number>
}

/** The parameters of a load. When `signal` aborts, the load ends early and its open streams are `aborted`. */
export interface LoadOptions {
  readonly target: Target
  readonly scenario: Scenario
  /** Headers of the user, in addition to those of the scenario's request profile. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the upstream is certain to play the plans; otherwise a stream is only verified if its text follows the plan. */
  readonly isPlanCertain: boolean
  /** Failures of form after which a stream is read on, so that its content is still verified (default: none). */
  readonly tolerated?: ReadonlySet<FailureKind>
  /** Number of the first stream (default: the scenario's); concurrent loads need different numbers. */
  readonly firstStream?: number
  /** Planned duration, first to last delta, beyond which a stream gets fewer deltas, in ms; absent: no limit. */
  readonly longestStreamMs?: number
  /** The mock's clock relative to ours; undefined if it is unknown. */
  readonly clock?: MockClock
  /** Default: all streams, starting now. */
  readonly shard?: Shard
  readonly signal: AbortSignal
  readonly progress: LoadProgress
  /** What to count in for the thresholds that may end the load (see `createLiveBoard`); absent: none may. */
  readonly live?: SharedArrayBuffer
  /** Takes the records if there are many (default: all stay in memory). */
  readonly spool?: RecordSpool
  /** Called with the transit time of each planned delta, in us. */
  readonly onTransit?: (stream: number, us: number) => void
}

/** Progress counters, all at 0. */
export function noProgress(): LoadProgress {
  return { started: 0, done: 0, failed: 0, events: 0, dropped: 0, phase: 0 }
}

/** Runs the phases of the scenario in sequence: starts every stream when it is due, and waits until all have ended. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { target, scenario, shard, signal, progress } = options
  const { firstStream = scenario.firstStream ?? 0 } = options
  const { index = 0, count = 1 } = shard ?? {}
  const { eventMemoryMb = defaultEventMemoryMb } = scenario
  const clientOf = await loadClients(scenario, target, options.headers)
  const planOf = streamPlanner(scenario, target.protocol, options.longestStreamMs)
  const phases = phasesOf(scenario)
  const sink = new RecordSink(options.spool)
  const dropped = phases.map(() => 0)
  const deltaTimes = phases.map(() => new DeltaTimes(options.clock, options.onTransit))
  const recorder = new FlightRecorder()
  const live = options.live && new LiveCounter(options.live, scenario, index)
  const series = new SeriesRecorder(live)
  const open = new OpenStreams()
  const busySlots = new Set<number>()
  const sessions = new Sessions(scenario.turns ?? 1)
  const pacer = new Pacer(signal)
  let onSlotEnded: (slot: number, record: StreamRecord) => void = () => undefined

  const shared = {
    timeoutMs: scenario.timeoutS * 1000,
    idleMs: scenario.idleS * 1000,
    isPlanCertain: options.isPlanCertain,
    tolerated: options.tolerated,
    eventMemoryMb,
    memory: { usedBytes: 0, limitBytes: Math.floor((eventMemoryMb * 2 ** 20) / count) },
    onEvent: () => {
      progress.events++
    },
    onEnd: (record: StreamRecord, line: TimeLine) => {
      sink.add(record)
      recorder.add(record, line)
      progress.done++
      live?.ended(record)
      if (record.outcome.state === 'failed') progress.failed++
      const slot = open.remove(record.stream)?.slot
      if (slot === undefined) return
      if (record.outcome.state !== 'whole') sessions.end(slot)
      busySlots.delete(slot)
      onSlotEnded(slot, record)
    },
  }
  const contexts = deltaTimes.map((times) => ({ ...shared, deltaTimes: times }))
  let started = 0
  const start = (phase: number, intendedNs: number, slot: number | undefined) => {
    const number = firstStream + index + started++ * count
    const { ask, form, turn, fault, clientFault, planned } = planOf(number, sessions.earlier(slot))
    sessions.started(slot, number, turn)
    const client = clientOf(form)
    const request = client.endpoint.request(client.bodyOf(ask), ask.session)
    progress.started++
    if (slot !== undefined) busySlots.add(slot)
    const openLoop = isOpenLoop(phases[phase] as LoadPhase)
    const from = { stream: number, phase, intendedNs, openLoop, series: series.phase(phase) }
    const stream = { ...from, turn, client, fault, clientFault, planned }
    open.add(number, { stream: new Stream(contexts[phase] as StreamContext, stream, request), phase, slot })
  }
  const drop = (phase: number) => {
    // Its number is not used again, so that a dropped start does not change the streams after it.
    started++
    progress.dropped++
    dropped[phase] = (dropped[phase] ?? 0) + 1
    series.phase(phase).drop(nowNs())
  }

  const abortAll = () => {
    open.abort()
    pacer.wake()
  }
  signal.addEventListener('abort', abortAll)
  for (const [number, phase] of phases.entries()) {
    const beginNs = shard ? await shard.begin() : nowNs()
    if (signal.aborted) break
    series.begin(beginNs)
    progress.phase = number
    const work = {
      phase,
      seed: phaseSeed(scenario.seed, number),
      ...{ index, count, beginNs, signal, pacer, busySlots },
      openStreams: () => open.size,
      start: (intendedNs: number, slot?: number) => start(number, intendedNs, slot),
      drop: () => drop(number),
      onSlotEnded: (ended: typeof onSlotEnded) => {
        onSlotEnded = ended
      },
    }
    await executorOf(phase)(work)
    onSlotEnded = () => undefined
    if (number < phases.length - 1) await phaseEnd(work, open.ended(number))
  }
  await open.ended()
  signal.removeEventListener('abort', abortAll)
  const isClockKnown = deltaTimes.every((times) => times.isClockKnown)
  const blocksByPhase = deltaTimes.map((times) => times.blocks())
  const counted = blocksByPhase.filter((_, number) => phases[number]?.excluded !== true)
  const blocks = mergeByIndex(counted, isClockKnown)
  return {
    records: sink.end(),
    dropped,
    phaseTimes: blocksByPhase.map((list) => mergeTimes(list, isClockKnown)),
    interChunk: mergeGaps(blocks),
    transit: mergeTransit(blocks),
    blocks,
    series: series.read(isClockKnown),
    flights: isClockKnown ? recorder.flights() : withoutStamps(recorder.flights()),
    isClockKnown,
  }
}

function executorOf({ shape }: LoadPhase): (work: PhaseWork) => Promise<void> {
  switch (shape) {
    case 'burst':
      return runBurst
    case 'constant-streams':
    case 'ramping-streams':
      return runClosedLoop
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
      return runOpenLoop
  }
}

/**
 * Waits for the end of a phase whose streams have started: the end of its duration, or that of its streams if it has none. With a total,
 * whichever is first.
 */
async function phaseEnd({ phase, beginNs, pacer, signal }: PhaseWork, streamsEnded: Promise<void>): Promise<void> {
  const durationS = durationOf(phase)
  if (durationS === undefined) return streamsEnded
  const endNs = beginNs + durationS * 1e9
  let isOver = false
  const end = () => {
    isOver = true
    pacer.wake()
  }
  if (phase.total !== undefined) void streamsEnded.then(end)
  while (!isOver && !signal.aborted && nowNs() < endNs) await pacer.until(endNs)
}
