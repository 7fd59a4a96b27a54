/**
 * When the streams of a phase start, as pure functions of the phase and a seed. All times are in s after the start of the phase. The
 * executors (`burst.ts`, `open-loop.ts`, `closed-loop.ts`) keep to these times.
 */
import { createRandom, mixSeed } from '../base/random.ts'
import { durationOf, type LoadPhase, mostStreams, phasesOf, type Stage } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'

/** A part of an open loop whose rate changes evenly. */
interface Segment {
  readonly startS: number
  readonly durationS: number
  /** Starts per second at its beginning and at its end. */
  readonly fromRate: number
  readonly toRate: number
  /** Starts before it, as the integral of the rate. */
  readonly before: number
  /** Starts within it. */
  readonly starts: number
}

/**
 * The instants of an open loop's arrivals, ascending. Constant arrivals: number k is due when the integral of the rate over time
 * exceeds k, so that the first of a constant rate is due at 0. Poisson arrivals: the gaps between them, in that integral, are
 * exponential with a mean of 1.
 */
export function* arrivals(phase: LoadPhase, seed: number): Generator<number, void> {
  const segments = segmentsOf(phase)
  const next = phase.arrivals === 'poisson' ? exponentialSums(seed) : wholeNumbers()
  const { total = Number.POSITIVE_INFINITY } = phase
  let at = 0
  for (let index = 0; index < total; index++) {
    const integral = next()
    let segment = segments[at]
    while (segment && integral >= segment.before + segment.starts) segment = segments[++at]
    if (!segment) return
    yield segment.startS + timeOf(integral - segment.before, segment)
  }
}

/** The number of arrivals of an open loop, of all its workers together. */
export function arrivalCount(phase: LoadPhase, seed: number): number {
  const last = segmentsOf(phase).at(-1)
  const { total = Number.POSITIVE_INFINITY } = phase
  if (phase.arrivals !== 'poisson') return Math.min(total, Math.ceil(last ? last.before + last.starts : 0))
  let count = 0
  for (const _ of arrivals(phase, seed)) count++
  return count
}

function segmentsOf({ shape, rate = 0, stages, durationS = Number.POSITIVE_INFINITY }: LoadPhase): readonly Segment[] {
  const isRamping = shape === 'ramping-arrival-rate'
  let [startS, fromRate, before] = [0, rate, 0]
  const segments: Segment[] = []
  for (const stage of isRamping ? (stages ?? []) : [{ durationS, target: rate }]) {
    // Without the multiplication by an infinite duration, a rate of 0 has no starts.
    const starts = fromRate + stage.target === 0 ? 0 : ((fromRate + stage.target) / 2) * stage.durationS
    segments.push({ startS, durationS: stage.durationS, fromRate, toRate: stage.target, before, starts })
    startS += stage.durationS
    before += starts
    fromRate = stage.target
  }
  return segments
}

/** The time within a segment at which its integral reaches `starts`: the root of `fromRate t + slope t² / 2 = starts`. */
function timeOf(starts: number, { durationS, fromRate, toRate }: Segment): number {
  // This form of the quadratic formula loses no digits if the slope is small.
  const slope = (toRate - fromRate) / durationS
  const rateThen = Math.sqrt(Math.max(0, fromRate * fromRate + 2 * slope * starts))
  if (starts === 0) return 0
  return Math.min(durationS, (2 * starts) / (fromRate + rateThen))
}

function wholeNumbers(): () => number {
  let count = 0
  return () => count++
}

/** Sums of exponential gaps with a mean of 1. */
function exponentialSums(seed: number): () => number {
  const random = createRandom(seed)
  let sum = 0
  return () => {
    // Half a step off, so that the logarithm is never that of 0.
    sum -= Math.log((random() + 0.5) / 2 ** 32)
    return sum
  }
}

/** A time span in which a slot of a closed loop starts streams. */
export interface Span {
  readonly fromS: number
  readonly toS: number
}

/**
 * The spans of a slot of a closed loop. Slot k of constant streams starts at its part of the ramp. A slot of ramping streams is active
 * while the target is above its number.
 */
export function slotSpans(phase: LoadPhase, slot: number): readonly Span[] {
  const toS = durationOf(phase) ?? Number.POSITIVE_INFINITY
  if (phase.shape === 'ramping-streams') return spansAbove(phase.stages ?? [], slot)
  const { streams = 0, rampMs = 0 } = phase
  const fromS = intendedStartS(slot, streams, rampMs)
  return slot < streams && fromS < toS ? [{ fromS, toS }] : []
}

/** The spans in which the target of stages, which begin at 0, is above a level. */
function spansAbove(stages: readonly Stage[], level: number): readonly Span[] {
  const spans: Span[] = []
  let [startS, from, sinceS] = [0, 0, 0]
  let isAbove = false
  for (const { durationS, target } of stages) {
    if (from > level !== target > level) {
      const crossingS = startS + (target === from ? 0 : (durationS * (level - from)) / (target - from))
      if (isAbove && crossingS > sinceS) spans.push({ fromS: sinceS, toS: crossingS })
      isAbove = !isAbove
      sinceS = crossingS
    }
    startS += durationS
    from = target
  }
  if (isAbove && startS > sinceS) spans.push({ fromS: sinceS, toS: startS })
  return spans
}

/** The number of slots of a closed loop. */
export function slotCount(phase: LoadPhase): number {
  return mostStreams(phase)
}

/** Intended start of a stream, in s after the start of the phase: all at once, or evenly spread over `rampMs`. */
export function intendedStartS(stream: number, streams: number, rampMs: number): number {
  return (stream * rampMs) / streams / 1000
}

/**
 * The number of streams that a phase plans to start; undefined if that depends on how long its streams last, which is so for a closed
 * loop without a total.
 */
export function plannedStarts(phase: LoadPhase, seed: number): number | undefined {
  switch (phase.shape) {
    case 'burst':
      return phase.streams ?? 0
    case 'constant-streams':
    case 'ramping-streams':
      return phase.durationS === undefined ? phase.total : undefined
    case 'constant-arrival-rate':
    case 'ramping-arrival-rate':
      return arrivalCount(phase, seed)
  }
}

/** The first time from `atS` on at which a slot with these spans may start a stream; undefined if there is none. */
export function nextStartS(spans: readonly Span[], atS: number): number | undefined {
  for (const { fromS, toS } of spans) if (atS < toS) return Math.max(fromS, atS)
  return undefined
}

/** A worker's part of a limit: those of the numbers below it that are `index` modulo `count`. */
export function shareOf(limit: number, index: number, count: number): number {
  return Math.max(0, Math.ceil((limit - index) / count))
}

/** The seed of everything random in a phase. */
export function phaseSeed(seed: number, index: number): number {
  return mixSeed(index, seed)
}

/** The planned starts of a load that did not take place, as far as they do not depend on how long streams last. */
export function plannedLeft(
  scenario: Scenario,
  records: readonly Pick<StreamRecord, 'phase'>[],
  dropped: readonly number[],
): number {
  const phases = phasesOf(scenario)
  const started = phases.map((_, index) => dropped[index] ?? 0)
  for (const { phase = 0 } of records) started[phase] = (started[phase] ?? 0) + 1
  return phases.reduce((sum, phase, index) => {
    const planned = plannedStarts(phase, phaseSeed(scenario.seed, index)) ?? 0
    return sum + Math.max(0, planned - (started[index] ?? 0))
  }, 0)
}
