import { percentile } from '../distribution.ts'
import { criticalT, deviation, meanOf } from '../statistics.ts'

/** How a number varies between runs. */
export interface Spread {
  /** Runs that have a value. */
  readonly n: number
  readonly median: number
  /** 95 % confidence interval of the mean over the runs, by Student's t; undefined below 3 runs. */
  readonly low?: number
  readonly high?: number
  readonly min: number
  readonly max: number
  /** First and third quartile. */
  readonly q1: number
  readonly q3: number
}

/** Fewest runs for an interval: two do not show how much runs vary. */
const fewestForInterval = 3

/** The spread of some values, none of which can be below `least`; undefined without any. */
export function spreadOf(values: readonly number[], least = Number.NEGATIVE_INFINITY): Spread | undefined {
  const sorted = Float64Array.from(values).sort()
  const at = (p: number) => percentile(sorted, p) as number
  const n = sorted.length
  if (n === 0) return undefined
  const spread = { n, median: at(50), min: at(0), max: at(100), q1: at(25), q3: at(75) }
  if (n < fewestForInterval) return spread
  const mean = meanOf(values)
  const half = (criticalT(0.05, n - 1) * deviation(values)) / Math.sqrt(n)
  return { ...spread, low: Math.max(least, mean - half), high: mean + half }
}
