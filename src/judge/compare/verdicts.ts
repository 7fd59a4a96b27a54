import { meanOf } from '../statistics.ts'
import { differenceOf, holm, intervalOf, type Method, meanValue, pOf } from './difference.ts'
import type { Estimate, RunEstimate, RunEstimates } from './estimates.ts'
import { type ComparedMetric, comparedMetrics } from './metrics.ts'

/** How much worse or better a metric may be before it counts, as shares of its value in BASE. */
export interface Allowances {
  /** For all metrics but shares of the streams. */
  readonly all?: number
  /** By the name of the metric; for `failed.rate` and `dropped.rate`, a share of the streams. */
  readonly metrics: ReadonlyMap<string, number>
}

/**
 * What a comparison says of a metric. `not-judged`: it depends on time, and a run that was disturbed is compared alone. `not-compared`: not
 * every run has a value.
 */
export type MetricVerdict = 'better' | 'worse' | 'no-difference-shown' | 'not-judged' | 'not-compared'

/** Why a smaller difference of a metric does not count. */
export type AllowedBecause = 'least change' | '--allow' | 'one run each' | 'the direct baseline changed'

/** One metric, compared. Members that could not be computed are undefined. */
export interface MetricComparison extends Pick<ComparedMetric, 'name' | 'label' | 'unit' | 'better'> {
  /** Whether the values are gateway minus direct. */
  readonly isOverhead: boolean
  /** Means over the runs of each side. */
  readonly base?: number
  readonly changed?: number
  /** NEW minus BASE. */
  readonly difference?: number
  /** The difference as a share of the value through the gateway in BASE. */
  readonly share?: number
  /** 95 % confidence interval of the difference. */
  readonly low?: number
  readonly high?: number
  /** Probability of such a difference by chance, corrected for the number of metrics. */
  readonly p?: number
  /** A difference counts if it is shown to be larger. */
  readonly allowed?: number
  readonly allowedBecause?: AllowedBecause
  /** How much the direct baseline changed between several runs, as a share, if that is shown: then the machine changed. */
  readonly directShare?: number
  readonly verdict: MetricVerdict
}

/** The total probability of any false alarm. */
const falseAlarms = 0.05

/**
 * With one run each, nothing shows how much runs vary. A difference must then be shown to be larger than the first share. A metric
 * without an interval must differ by the second one.
 */
const singleShare = 0.25
const blindShare = 0.5

/** How two sides are compared, whatever their runs are. */
interface Terms {
  readonly method: Method
  /** Whether times cannot be judged. */
  readonly isDisturbed: boolean
  readonly allowances: Allowances
}

/** Compares the estimates of two sides. The probability of any false alarm is limited for all metrics together. */
export function compareEstimates(
  base: readonly RunEstimates[],
  changed: readonly RunEstimates[],
  { method, isDisturbed, allowances }: Terms,
): readonly MetricComparison[] {
  // A metric that no run has is not missing.
  const present = comparedMetrics.filter(({ name }) => [...base, ...changed].some((estimates) => estimates.has(name)))
  const measured = present.map((metric): Measured => {
    const compared = measure(metric, [base, changed], method, allowances)
    return isDisturbed && metric.dependsOnTiming ? { ...compared, p: undefined, isJudged: false } : compared
  })
  const corrected = holm(measured.map(({ p }) => p))
  return measured.map((metric, at) => {
    const { isJudged: _, ...compared } = metric
    return { ...compared, p: corrected[at], verdict: verdictOf(metric, corrected[at]) }
  })
}

type Measured = Omit<MetricComparison, 'verdict'> & { readonly isJudged?: boolean }

function measure(
  metric: ComparedMetric,
  sides: readonly (readonly RunEstimates[])[],
  method: Method,
  allowances: Allowances,
): Measured {
  const { name, label, unit, better } = metric
  const named = { name, label, unit, better, isOverhead: false }
  const [base = [], changed = []] = sides.map((runs) => runs.flatMap((estimates) => estimates.get(name) ?? []))
  // A side of which only some runs have it would be another selection of streams.
  if (base.length < (sides[0]?.length ?? 0) || changed.length < (sides[1]?.length ?? 0)) {
    const mean = (estimates: readonly RunEstimate[]) =>
      estimates.length === 0 ? undefined : meanValue(estimates.map(({ gateway }) => gateway))
    return { ...named, base: mean(base), changed: mean(changed) }
  }
  const isOverhead = [...base, ...changed].every(({ overhead }) => overhead !== undefined)
  const values = (estimates: readonly RunEstimate[]): readonly Estimate[] =>
    estimates.map(({ gateway, overhead }) => (isOverhead ? (overhead as Estimate) : gateway))
  const [ofBase, ofChanged] = [values(base), values(changed)]
  const difference = differenceOf(ofBase, ofChanged, method)
  const reference = meanValue(base.map(({ gateway }) => gateway))
  const direct = directChange(base, changed, method)
  const [allowed, allowedBecause] = allowedChange(metric, {
    reference,
    method,
    hasInterval: difference.spread !== undefined,
    direct,
    allowances,
  })
  const [low, high] = intervalOf(difference) ?? []
  return {
    ...named,
    isOverhead,
    base: meanValue(ofBase),
    changed: meanValue(ofChanged),
    difference: difference.difference,
    share: reference === 0 ? undefined : difference.difference / reference,
    low,
    high,
    p: pOf(difference, allowed),
    allowed,
    allowedBecause,
    directShare: method === 'blocks' ? undefined : direct,
  }
}

/**
 * How much the machine changed, as a share of the direct baseline. With one run each: how far the windows of both runs are apart,
 * which is all that shows how much a measurement varies. Else the difference of the sides, if it is shown.
 */
function directChange(
  base: readonly RunEstimate[],
  changed: readonly RunEstimate[],
  method: Method,
): number | undefined {
  if ([...base, ...changed].some(({ direct }) => direct.length === 0)) return undefined
  const all = [...base, ...changed].flatMap(({ direct }) => direct)
  const mean = meanOf(all)
  if (mean <= 0) return undefined
  if (method === 'blocks') return (Math.max(...all) - Math.min(...all)) / mean
  const means = (estimates: readonly RunEstimate[]): readonly Estimate[] =>
    estimates.map(({ direct }) => ({ value: meanOf(direct) }))
  const difference = differenceOf(means(base), means(changed), method)
  const p = pOf(difference, 0)
  return p !== undefined && p < falseAlarms ? Math.abs(difference.difference) / mean : undefined
}

interface Circumstances {
  readonly reference: number
  readonly method: Method
  readonly hasInterval: boolean
  readonly direct: number | undefined
  readonly allowances: Allowances
}

/** The largest change that does not count, and why. */
function allowedChange(metric: ComparedMetric, circumstances: Circumstances): readonly [number, AllowedBecause] {
  const { reference, method, hasInterval, direct = 0, allowances } = circumstances
  const { name, leastChange, leastShare, leastSinglePoints } = metric
  const isRate = leastSinglePoints !== undefined
  const flag = allowances.metrics.get(name) ?? (isRate ? undefined : allowances.all)
  const candidates: [number, AllowedBecause][] = [
    [Math.max(leastChange, leastShare * reference), 'least change'],
    [(flag ?? 0) * (isRate ? 100 : reference), '--allow'],
    [direct * reference, method === 'blocks' ? 'one run each' : 'the direct baseline changed'],
  ]
  if (method === 'blocks') {
    const share = hasInterval ? singleShare : blindShare
    candidates.push([leastSinglePoints ?? share * reference, 'one run each'])
  }
  return candidates.reduce((largest, candidate) => (candidate[0] > largest[0] ? candidate : largest))
}

/** A difference counts if it is shown to be larger than allowed, or, if it has no interval, if it is larger. */
function verdictOf({ difference, allowed, better, isJudged }: Measured, p: number | undefined): MetricVerdict {
  if (difference === undefined || allowed === undefined) return 'not-compared'
  if (isJudged === false) return 'not-judged'
  const counts = Math.abs(difference) > allowed && (p === undefined || p < falseAlarms)
  if (!counts) return 'no-difference-shown'
  return difference > 0 === (better === 'higher') ? 'better' : 'worse'
}
