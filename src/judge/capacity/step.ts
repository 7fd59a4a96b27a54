import type { Capacity, CapacityKind } from '../../model/capacity.ts'
import { type LoadPhase, mostStreamsOf, onlyPhase, streamDurationS } from '../../model/phase.ts'
import type { Scenario } from '../../model/scenario.ts'
import { fewestFor } from '../distribution.ts'
import { isTimeName } from '../thresholds/metrics.ts'
import { formatThreshold, parseThreshold, type Threshold } from '../thresholds/threshold.ts'

/** What a step is made from. */
export type StepPlan = Pick<Capacity, 'of' | 'scenario' | 'search' | 'thresholds'>

/** Minimum duration of the measured part of a step, in s, and its minimum in streams that follow each other. */
const minStepS = 5
const minRounds = 2

/** Streams that an open loop may have open at once at least, and as a multiple of what its rate needs. */
const openStreams = { least: 1000, ofNeeded: 4 } as const

/** A percentile needs this many times its fewest values in the plan: a slow gateway has fewer than planned. */
const sampleReserve = 3

/** Streams that follow each other alone, to see how fast the gateway is without a load. */
const unloadedStreams = 30

/** The default duration of the measured part of a step, in s: 5 s, or two streams if they last longer. */
export function defaultStepS(scenario: Pick<Scenario, 'chunks' | 'delayMs'>): number {
  return Math.max(minStepS, minRounds * (streamDurationS(scenario) ?? 0))
}

/** The scenario of a step: a ramp of one stream's duration that is not counted, and the measured phase. */
export function stepScenario(plan: StepPlan, n: number): Scenario {
  const { scenario, search } = plan
  const phases = phasesAt(plan, n)
  return {
    ...scenario,
    streams: mostStreamsOf(phases),
    rampMs: 0,
    phases,
    warmUpStreams: Math.min(scenario.warmUpStreams, Math.ceil(n)),
    thresholds: plan.thresholds.map((text) => feasible(text, plan, n * search.stepS)),
  }
}

function phasesAt({ of, scenario, search }: StepPlan, n: number): readonly LoadPhase[] {
  const { stepS } = search
  const rampS = streamDurationS(scenario) ?? 0
  const ramp = { name: 'ramp', durationS: rampS, excluded: true } as const
  const load = { name: onlyPhase, durationS: stepS } as const
  const shape = shapeAt(of, n, rampS)
  if (rampS < 0.001) return [{ ...load, ...shape }]
  // Spread evenly, so that as many streams start per second as later, when each follows the end of another.
  const spread = of === 'streams' ? { rampMs: Math.max(0, rampS * 1000 - 1) } : {}
  return [
    { ...ramp, ...shape, ...spread },
    { ...load, ...shape },
  ]
}

function shapeAt(of: CapacityKind, n: number, streamS: number): Omit<LoadPhase, 'name'> {
  if (of === 'streams') return { shape: 'constant-streams', streams: n }
  const maxStreams = Math.max(openStreams.least, Math.ceil(openStreams.ofNeeded * n * streamS))
  return { shape: 'constant-arrival-rate', rate: n, maxStreams }
}

/**
 * A threshold that the step has enough streams for. A percentile that needs more becomes the maximum, which is stricter: if all values
 * keep the limit, each percentile does.
 */
function feasible(text: string, { of, scenario }: StepPlan, perUnit: number): string {
  const threshold = parseThreshold(text, [])
  if (!threshold || !isUpperPercentile(threshold)) return text
  const [time = '', statistic = ''] = splitName(threshold.metric)
  const streamS = Math.max(0.001, streamDurationS(scenario) ?? 0)
  const streams = of === 'streams' ? perUnit / streamS : perUnit
  const isPerDelta = time === 'interChunk' || time === 'transit'
  const values = streams * (isPerDelta ? Math.max(1, (scenario.chunks ?? 1) - 1) : 1)
  if (values >= sampleReserve * fewestFor(Number(statistic.slice(1)))) return text
  return formatThreshold({ ...threshold, metric: `${time}.max` })
}

function isUpperPercentile({ metric, operator }: Threshold): boolean {
  return isTimeName(metric) && /\.p\d/.test(metric) && (operator === '<' || operator === '<=')
}

function splitName(metric: string): readonly string[] {
  const dot = metric.indexOf('.')
  return [metric.slice(0, dot), metric.slice(dot + 1)]
}

/** The scenario that shows how fast the gateway is without a load: one short stream after the other. */
export function unloadedScenario({ scenario }: StepPlan): Scenario {
  const { chunks = 1 } = scenario
  return {
    ...scenario,
    chunks: Math.min(chunks, 2),
    streams: 1,
    rampMs: 0,
    warmUpStreams: Math.min(scenario.warmUpStreams, 1),
    phases: [{ name: onlyPhase, shape: 'constant-streams', streams: 1, total: unloadedStreams }],
    thresholds: undefined,
  }
}

/** The thresholds of every step: those of the user, and defaults for what these do not limit. */
export function stepThresholds(texts: readonly string[]): {
  readonly thresholds: readonly string[]
  readonly needsUnloaded: boolean
} {
  const metrics = texts.flatMap((text) => parseThreshold(text, [])?.metric ?? [])
  const limitsFailures = metrics.some((metric) => /^(failed|errors)\./.test(metric))
  return {
    thresholds: limitsFailures ? texts : ['failed.count == 0', ...texts],
    needsUnloaded: !metrics.some((metric) => isTimeName(metric) || /^(goodput|overhead)\./.test(metric)),
  }
}

/** The limit of the TTFT if no threshold limits a time: a fixed one, or a multiple of the TTFT without a load if that is more. */
const ttftLimit = { leastMs: 250, ofUnloaded: 10 } as const

/** The default threshold of the TTFT, by its median without a load. */
export function ttftThreshold(unloadedP50Ms: number | undefined): string {
  const limitMs = Math.max(ttftLimit.leastMs, Math.ceil(ttftLimit.ofUnloaded * (unloadedP50Ms ?? 0)))
  return `ttft.p99 < ${limitMs}ms`
}
