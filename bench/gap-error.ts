import { Histogram } from '../src/model/histogram.ts'
import type { HistogramSnapshot } from '../src/model/histogram-snapshot.ts'

/** The quantile `q` (0 to 1) of the absolute difference between gaps and the delay, in ms; undefined without gaps. */
export function gapErrorMs(gaps: HistogramSnapshot | undefined, delayMs: number, q: number): number | undefined {
  if (gaps === undefined || gaps.n === 0) return undefined
  const histogram = Histogram.from(gaps)
  const delayUs = delayMs * 1000
  const holds = (errorUs: number) => histogram.share(Math.max(0, delayUs - errorUs), delayUs + errorUs + 1) >= q
  let [below, above] = [-1, Math.max(delayUs, gaps.maxUs)]
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2)
    if (holds(middle)) above = middle
    else below = middle
  }
  return above / 1000
}

/** A quantile of a histogram in us, returned in ms; undefined if it is empty. */
export function quantileMs(times: HistogramSnapshot | undefined, q: number): number | undefined {
  const us = times && Histogram.from(times).quantile(q)
  return us === undefined ? undefined : us / 1000
}
