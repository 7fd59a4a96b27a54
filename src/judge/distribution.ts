import { known } from '../base/known.ts'
import { Histogram } from '../model/histogram.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'
import { percentile } from './percentile.ts'

/** What is said of many times, in ms, and of how many. */
export interface Distribution {
  readonly n: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly p9999Ms: number
  readonly maxMs: number
}

/** Values below which a p99 is but another word for the largest of them; a p99.9 wants ten times as many, and so on. */
export const leastForP99 = 100

/** The percentiles in ms that say more than the largest value does: from p99 on, absent where there are too few values. */
export function trustedTail({ n, p99Ms, p999Ms, p9999Ms }: Distribution) {
  return known({
    p99Ms: n < leastForP99 ? undefined : p99Ms,
    p999Ms: n < 10 * leastForP99 ? undefined : p999Ms,
    p9999Ms: n < 100 * leastForP99 ? undefined : p9999Ms,
  })
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
  return { n, p50Ms, p95Ms, p99Ms, p999Ms, p9999Ms, maxMs }
}
