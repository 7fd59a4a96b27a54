import { Histogram } from '../model/histogram.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'

/** Percentiles of many times, in ms, with their number. */
export interface Distribution {
  readonly n: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly p9999Ms: number
  readonly maxMs: number
  /** The percentiles from p99 on that have enough values. With fewer values, the maximum is more informative. */
  readonly tail: { readonly p99Ms?: number; readonly p999Ms?: number; readonly p9999Ms?: number }
}

/** The fewest values for a p99; a p99.9 needs ten times as many, a p99.99 a hundred times. */
export const minForP99 = 100

/** The fewest values for the `p`th percentile (0 to 100): with fewer, it only repeats the largest one. */
export function fewestFor(p: number): number {
  // The rounding removes the noise of a difference such as 100 - 99.9.
  return p <= 50 ? 1 : Math.ceil(Number((minForP99 / (100 - p)).toFixed(6)))
}

/** The distribution of times in ns, exact; undefined without any. */
export function distributionOf(timesNs: readonly number[]): Distribution | undefined {
  const sortedMs = Float64Array.from(timesNs, (ns) => ns / 1e6).sort()
  return read(sortedMs.length, (p) => percentile(sortedMs, p))
}

/** The distribution of a histogram's times, within the histogram's error; undefined without any. */
export function distributionOfHistogram(snapshot: HistogramSnapshot): Distribution | undefined {
  const histogram = Histogram.from(snapshot)
  return read(snapshot.n, (p) => {
    const us = p === 100 ? histogram.maxUs : histogram.quantile(p / 100)
    return us === undefined ? undefined : us / 1000
  })
}

function read(n: number, at: (p: number) => number | undefined): Distribution | undefined {
  const [p50Ms, p95Ms, p99Ms, p999Ms, p9999Ms, maxMs] = [at(50), at(95), at(99), at(99.9), at(99.99), at(100)]
  if (p50Ms === undefined || p95Ms === undefined || p99Ms === undefined) return undefined
  if (p999Ms === undefined || p9999Ms === undefined || maxMs === undefined) return undefined
  const tail = {
    p99Ms: n >= fewestFor(99) ? p99Ms : undefined,
    p999Ms: n >= fewestFor(99.9) ? p999Ms : undefined,
    p9999Ms: n >= fewestFor(99.99) ? p9999Ms : undefined,
  }
  return { n, p50Ms, p95Ms, p99Ms, p999Ms, p9999Ms, maxMs, tail }
}

/**
 * The `p`th percentile (0 to 100) of ascending values, by linear interpolation between the two closest ranks: numpy's default,
 * and the original's. Undefined without values.
 */
export function percentile(sorted: ArrayLike<number>, p: number): number | undefined {
  const rank = ((sorted.length - 1) * p) / 100
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) return undefined
  return below + (above - below) * (rank - Math.floor(rank))
}
