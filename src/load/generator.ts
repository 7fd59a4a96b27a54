import { setImmediate } from 'node:timers/promises'
import { nowNs } from '../base/clock.ts'
import { type Problem, UsageError } from '../base/errors.ts'
import { createRandom, mixSeed } from '../base/random.ts'
import { sleep } from '../base/sleep.ts'
import { clientFaultText, parseClientFault, pointOf } from '../fault/client-fault.ts'
import { faultTable } from '../fault/fault-table.ts'
import { type FaultSpec, faultOf, formatPlaced, parseFault } from '../fault/parse-fault.ts'
import { selectFor } from '../fault/selection.ts'
import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { FailureKind } from '../model/failure.ts'
import type { MockClock } from '../model/mock-stats.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { callsTools, contentOf, stopNames, stopOf, toolNames } from '../plan/content.ts'
import { planPrompt } from '../plan/key.ts'
import { defaultEventMemoryMb } from '../protocol/memory-budget.ts'
import { bodyWriter, requestForm } from '../protocol/profiles/profiles.ts'
import { protocols } from '../protocol/protocols.ts'
import type { PlannedClientFault } from './apply-client-fault.ts'
import { DeltaTimes } from './delta-times.ts'
import { resolveEndpoint } from './endpoint.ts'
import { FlightRecorder, withoutStamps } from './flight-recorder.ts'
import { type LoadResult, mergeGaps, mergeTransit } from './load-result.ts'
import { Stream } from './stream.ts'
import type { TimeLine } from './time-line.ts'

/** Streams to start before sockets are read again. A connect takes about 60 us, so a slice delays reads by 2 ms. */
const startsPerSlice = 32

/** Counters of a load, updated while it runs. */
export interface LoadProgress {
  started: number
  done: number
  failed: number
  events: number
}

/** One worker's part of a load: every stream whose number modulo `count` is `index`. */
interface Shard {
  readonly index: number
  readonly count: number
  /** Called when everything is ready. Resolves with the start of the load (ns, see `clock.ts`). */
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
  /** The mock's clock relative to ours; undefined if it is unknown. */
  readonly clock?: MockClock
  /** Default: all streams, starting now. */
  readonly shard?: Shard
  readonly signal: AbortSignal
  readonly progress: LoadProgress
  /** Called with the transit time of each planned delta, in us. */
  readonly onTransit?: (stream: number, us: number) => void
}

/** Progress counters, all at 0. */
export function noProgress(): LoadProgress {
  return { started: 0, done: 0, failed: 0, events: 0 }
}

/** Opens every stream of the scenario when it is due, and waits until all have ended. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { target, scenario, shard, signal, progress } = options
  const { streams, rampMs } = scenario
  const { firstStream = scenario.firstStream ?? 0 } = options
  const { requestProfile: profile = 'sdk' } = scenario
  const { index = 0, count: shards = 1 } = shard ?? {}
  const { eventMemoryMb = defaultEventMemoryMb } = scenario
  const endpoint = await resolveEndpoint(target, { profile, headers: options.headers })
  const bodyOf = bodyWriter(profile, target.protocol)
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
    tolerated: options.tolerated,
    eventMemoryMb,
    memory: { usedBytes: 0, limitBytes: Math.floor((eventMemoryMb * 2 ** 20) / shards) },
    deltaTimes,
    onEvent: () => {
      progress.events++
    },
    onEnd: (record: StreamRecord, line: TimeLine) => {
      records.push(record)
      recorder.add(record, line)
      open.delete(record.stream)
      progress.done++
      if (record.outcome.state === 'failed') progress.failed++
      if (!starting && open.size === 0) allEnded.resolve()
    },
  }
  const faults = parseAll(scenario.faults, parseFault)
  const clientFaults = parseAll(scenario.clientFaults, parseClientFault)
  const clientFaultOf = (stream: number): PlannedClientFault | undefined => {
    const fault = selectFor(clientFaults, scenario.seed ^ 0x27d4eb2f, stream)
    if (!fault) return undefined
    const { chunks = 20, delayMs = 50 } = scenario
    const point = pointOf(fault.position, chunks)
    const dueMs = (point === 'over' ? chunks : typeof point === 'number' ? point : 1) * delayMs
    return { text: clientFaultText(fault), name: fault.name, point, dueMs }
  }
  const start = (stream: number, intendedNs: number) => {
    const { ask, fault, planned } = planStream(scenario, faults, target.protocol, stream)
    const request = endpoint.request(bodyOf(ask), ask.session)
    progress.started++
    const clientFault = clientFaultOf(stream)
    open.set(stream, new Stream(context, { stream, intendedNs, fault, clientFault, planned }, request))
  }

  const beginNs = shard ? await shard.begin() : nowNs()
  for (let stream = index; stream < streams && !signal.aborted; stream += shards) {
    const intendedNs = Math.round(beginNs + intendedStartMs(stream, streams, rampMs) * 1e6)
    if (intendedNs <= nowNs() && Math.floor(stream / shards) % startsPerSlice === 0) await setImmediate()
    // A timer may fire up to 1 ms early, but no stream may start before it is due.
    for (let leftNs = intendedNs - nowNs(); leftNs > 0 && !signal.aborted; leftNs = intendedNs - nowNs())
      await sleep(leftNs / 1e6, signal)
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
    interChunk: mergeGaps(blocks),
    transit: mergeTransit(blocks),
    blocks,
    flights: deltaTimes.isClockKnown ? recorder.flights() : withoutStamps(recorder.flights()),
    isClockKnown: deltaTimes.isClockKnown,
  }
}

/** Parses a scenario's faults. Throws a UsageError for unknown ones, such as those in a run that another version recorded. */
function parseAll<T>(
  texts: readonly string[] | undefined,
  parse: (text: string, problems: Problem[]) => T | undefined,
): readonly T[] {
  const problems: Problem[] = []
  const parsed = (texts ?? []).flatMap((text) => parse(text, problems) ?? [])
  if (problems.length > 0) throw new UsageError(problems)
  return parsed
}

/** Intended start of a stream, in ms after the start of the load: all at once, or evenly spread over `rampMs`. */
export function intendedStartMs(stream: number, streams: number, rampMs: number): number {
  return (stream * rampMs) / streams
}

/** The rules that compare stop reason and usage with the plan. */
const planRules: Readonly<Record<ProtocolName, PlannedAnswer['rules']>> = {
  'anthropic-messages': { stop: 'A12', usage: 'A13' },
  'openai-chat-completions': { stop: 'I9', usage: 'I8' },
  'openai-responses': { stop: 'I9', usage: 'I8' },
}

const tools = toolNames.map((name) => ({ name, description: 'Takes the text of the plan.' }))

/** The request of one stream, the fault that the mock plays, and the answer to expect. */
function planStream(scenario: Scenario, faults: readonly FaultSpec[], protocol: ProtocolName, stream: number) {
  const { seed, chunks, delayMs, model, maxTokens, requestProfile = 'sdk' } = scenario
  const isUsageRequested = requestForm(requestProfile, protocol).omitsUsage !== true
  const placed = faultOf(faults, seed, stream)
  const fault = placed && formatPlaced(placed)
  const content = (placed && faultTable[placed.name].content) ?? contentOf(scenario.content, seed, stream)
  const key = { seed, stream, chunks, delayMs, content: content === 'plain' ? undefined : content, fault }
  return {
    ask: {
      model,
      prompt: planPrompt(key),
      maxTokens,
      tools: callsTools(content) ? tools : undefined,
      session: sessionOf(seed, stream),
    },
    fault,
    planned: {
      key: { seed, stream, content },
      chunks,
      model,
      stop: stopNames[protocol][stopOf[content]],
      rules: planRules[protocol],
      isUsageSent: isUsageRequested ? placed === undefined || faultTable[placed.name].hidesUsage !== true : undefined,
    },
  }
}

/** The session id of a stream's client, in the form of a random UUID: the same for the same stream in each run. */
function sessionOf(seed: number, stream: number): string {
  const random = createRandom(mixSeed(stream, seed))
  const hex = Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
