import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { nowNs } from '../base/clock.ts'
import { type Problem, UsageError } from '../base/errors.ts'
import { clientFaultText, parseClientFault, pointOf } from '../fault/client-fault.ts'
import { parseFault } from '../fault/parse-fault.ts'
import { selectFor } from '../fault/selection.ts'
import type { MockClock } from '../model/mock-stats.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { protocols } from '../protocol/protocols.ts'
import type { Conduct } from './client-conduct.ts'
import { DeltaTimes } from './delta-times.ts'
import { resolveEndpoint } from './endpoint.ts'
import { FlightRecorder, withoutStamps } from './flight-recorder.ts'
import type { Load } from './load-parts.ts'
import { gapsOf, transitOf } from './load-parts.ts'
import { intendedStartMs } from './pacer.ts'
import { plannedStream } from './planned-stream.ts'
import { Stream } from './stream.ts'
import type { TimeLine } from './time-line.ts'

/** Streams started before reads get their turn: a connect costs some 60 us, so a slice holds reads up for 2 ms. */
const startsPerSlice = 32

/** Where a load stands; changes while it runs. */
export interface LoadProgress {
  started: number
  done: number
  failed: number
  events: number
}

/** A part of a load: of its streams each whose place leaves `index` when divided by `of`. */
export interface Shard {
  readonly index: number
  readonly of: number
  /** Experiment once all is ready: the instant, in ns of `clock.ts`, from which each intended start counts. */
  readonly begin: () => Promise<number>
}

/** What a load is made of. Ends early, its open streams `aborted`, when `signal` says so. */
export interface LoadOptions {
  readonly target: Target
  readonly scenario: Scenario
  readonly userAgent: string
  /** Whether the upstream is known to play the plans; else only a stream that carries one is compared with its own. */
  readonly isPlanCertain: boolean
  /** Number of the first stream (default that of the scenario): loads that run side by side tell their streams apart by it. */
  readonly firstStream?: number
  /** The mock's clock as seen from here; absent: nobody could ask it. */
  readonly clock?: MockClock
  /** All of its streams, from now on, where absent. */
  readonly shard?: Shard
  readonly signal: AbortSignal
  readonly progress: LoadProgress
  /** Takes the transit of each planned delta, in us: stream by stream what `transit` has over all. */
  readonly onTransit?: (stream: number, us: number) => void
}

/** A progress at nothing. */
export function noProgress(): LoadProgress {
  return { started: 0, done: 0, failed: 0, events: 0 }
}

/** Opens the scenario's streams at the target, each when it is due, and waits until each has ended. */
export async function generateLoad(options: LoadOptions): Promise<Load> {
  const { target, scenario, shard, signal, progress } = options
  const { streams, rampMs } = scenario
  const { firstStream = scenario.firstStream ?? 0 } = options
  const endpoint = await resolveEndpoint(target, options.userAgent)
  const protocol = protocols[target.protocol]
  const records: StreamRecord[] = []
  const deltaTimes = new DeltaTimes(options.clock, options.onTransit)
  const recorder = new FlightRecorder()
  const open = new Map<number, Stream>()
  const allEnded = Promise.withResolvers<void>()
  let starting = true

  const context = {
    endpoint,
    protocol,
    timeoutMs: scenario.timeoutS * 1000,
    idleMs: scenario.idleS * 1000,
    isPlanCertain: options.isPlanCertain,
    deltaTimes,
    onEvent: () => {
      progress.events++
    },
    onEnd: (record: StreamRecord, line: TimeLine) => {
      records.push(record)
      recorder.ended(record, line)
      open.delete(record.stream)
      progress.done++
      if (record.outcome.state === 'failed') progress.failed++
      if (!starting && open.size === 0) allEnded.resolve()
    },
  }
  const faults = parsedAll(scenario.faults, parseFault)
  const clientFaults = parsedAll(scenario.clientFaults, parseClientFault)
  const conductOf = (stream: number): Conduct | undefined => {
    const fault = selectFor(clientFaults, scenario.seed ^ 0x27d4eb2f, stream)
    if (!fault) return undefined
    const { chunks = 20, delayMs = 50 } = scenario
    const point = pointOf(fault.position, chunks)
    const dueMs = (point === 'over' ? chunks : typeof point === 'number' ? point : 1) * delayMs
    return { text: clientFaultText(fault), name: fault.name, point, dueMs }
  }
  const start = (stream: number, intendedNs: number) => {
    const { ask, fault, planned } = plannedStream(scenario, faults, target.protocol, stream)
    const request = endpoint.request(protocol.request(ask))
    progress.started++
    open.set(stream, new Stream(context, { stream, intendedNs, fault, conduct: conductOf(stream), planned }, request))
  }

  const beginNs = shard ? await shard.begin() : nowNs()
  const { index = 0, of: shards = 1 } = shard ?? {}
  for (let stream = index; stream < streams && !signal.aborted; stream += shards) {
    const intendedNs = Math.round(beginNs + intendedStartMs(stream, streams, rampMs) * 1e6)
    if (intendedNs <= nowNs() && Math.floor(stream / shards) % startsPerSlice === 0) await setImmediate()
    // A timer may fire up to 1 ms early, and no stream starts before it is due.
    for (let leftNs = intendedNs - nowNs(); leftNs > 0 && !signal.aborted; leftNs = intendedNs - nowNs())
      await wait(leftNs / 1e6, signal)
    if (!signal.aborted) start(firstStream + stream, intendedNs)
  }
  starting = false
  const abortAll = () => {
    for (const stream of [...open.values()]) stream.abort()
  }
  if (signal.aborted) abortAll()
  else if (open.size > 0) {
    signal.addEventListener('abort', abortAll, { once: true })
    await allEnded.promise
    signal.removeEventListener('abort', abortAll)
  }
  const blocks = deltaTimes.blocks()
  return {
    records: records.sort((a, b) => a.stream - b.stream),
    interChunk: gapsOf(blocks),
    transit: transitOf(blocks),
    blocks,
    flights: deltaTimes.isClockKnown ? recorder.flights() : withoutStamps(recorder.flights()),
    isClockKnown: deltaTimes.isClockKnown,
  }
}

/** Faults of a scenario. Throws a UsageError where one is not known, as that of an older run may be. */
function parsedAll<T>(
  texts: readonly string[] | undefined,
  parse: (text: string, problems: Problem[]) => T | undefined,
): readonly T[] {
  const problems: Problem[] = []
  const parsed = (texts ?? []).flatMap((text) => parse(text, problems) ?? [])
  if (problems.length > 0) throw new UsageError(problems)
  return parsed
}

/** Waits, or until the signal. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (cause) {
    if (!signal.aborted) throw cause
  }
}
