import { Histogram } from '../../model/histogram.ts'
import type { HistogramSnapshot } from '../../model/histogram-snapshot.ts'
import { percentile } from '../distribution.ts'

/** Many times, of which any percentile can be read, in ns. */
export interface Sample {
  /** Values, those that were never reached included. */
  readonly n: number
  readonly min: number
  readonly max: number
  /** The `p`th percentile (0 to 100); infinite if it falls among times that were never reached. */
  readonly at: (p: number) => number
}

/**
 * A sample of exact times. `never` streams failed before they reached the time: each counts as longer than any measured time, so that
 * a gateway does not look faster because its slow streams fail. Undefined without values.
 */
export function sampleOf(timesNs: readonly number[], never = 0): Sample | undefined {
  const n = timesNs.length + never
  if (n === 0) return undefined
  const sorted = new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  sorted.set(timesNs)
  sorted.sort()
  return {
    n,
    min: sorted[0] as number,
    max: sorted[n - 1] as number,
    at: (p) => {
      const ns = percentile(sorted, p) as number
      // Between a time and infinity, or exactly at a time below infinity.
      return Number.isNaN(ns) ? (sorted[Math.floor(((n - 1) * p) / 100)] as number) : ns
    },
  }
}

/** The sample of a histogram, within its error; undefined without values. */
export function sampleOfHistogram(snapshot: HistogramSnapshot): Sample | undefined {
  const histogram = Histogram.from(snapshot)
  const { n, minUs, maxUs } = histogram
  if (minUs === undefined || maxUs === undefined) return undefined
  return { n, min: minUs * 1000, max: maxUs * 1000, at: (p) => (histogram.quantile(p / 100) as number) * 1000 }
}
