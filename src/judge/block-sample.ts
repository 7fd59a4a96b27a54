import type { Random } from '../base/random.ts'
import { bucketUs } from '../model/histogram.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'

/** Blocks of streams that were measured together, in one window. */
export type Parts = readonly HistogramSnapshot[]

/** Minimum number of blocks: with fewer, resampling does not show how much they vary. */
export const minBlocks = 5

/**
 * All values of the blocks, in us and ascending, with the cumulative count of each block at each value. The counts are added up
 * only once, so that a quantile of any resample is a binary search.
 */
export interface BlockSample {
  readonly n: number
  readonly us: Float64Array
  readonly blocks: number
  /** At `value * blocks + block`: values of that block up to the value with that index. */
  readonly cumulative: Float64Array
  /** The blocks of each window. */
  readonly windows: readonly (readonly number[])[]
}

/** The sample of these blocks, by window. Blocks without values are left out. */
export function blockSampleOf(groups: readonly Parts[]): BlockSample {
  const filled = groups.map((parts) => parts.filter(({ n }) => n > 0))
  const snapshots = filled.flat()
  const blocks = snapshots.length
  const us = Float64Array.from(
    new Set(snapshots.flatMap(({ buckets }) => buckets.map(([index]) => bucketUs(index)))),
  ).sort()
  const indexOf = new Map(Array.from(us, (at, index) => [at, index] as const))
  const cumulative = new Float64Array(us.length * blocks)
  snapshots.forEach(({ buckets }, block) => {
    for (const [index, count] of buckets) cumulative[(indexOf.get(bucketUs(index)) as number) * blocks + block] = count
  })
  for (let at = blocks; at < cumulative.length; at++)
    cumulative[at] = (cumulative[at] as number) + (cumulative[at - blocks] as number)
  let first = 0
  const windows = filled.map((parts) => parts.map(() => first++)).filter((window) => window.length > 0)
  return { n: snapshots.reduce((sum, { n }) => sum + n, 0), us, blocks, cumulative, windows }
}

/** Draws windows, and blocks within each window, with replacement. Writes to `times` how often each block was drawn. */
export function draw({ windows }: BlockSample, times: Float64Array, random: Random): void {
  times.fill(0)
  for (let count = 0; count < windows.length; count++) {
    const window = windows[random() % windows.length] as readonly number[]
    for (let inWindow = 0; inWindow < window.length; inWindow++) {
      const block = window[random() % window.length] as number
      times[block] = (times[block] as number) + 1
    }
  }
}

/** The quantile `q` of all blocks together, each weighted by its entry in `times`, in ms. */
export function quantileMs({ us, blocks, cumulative }: BlockSample, times: Float64Array, q: number): number {
  const upTo = (index: number) => {
    let n = 0
    for (let block = 0; block < blocks; block++)
      n += (times[block] as number) * (cumulative[index * blocks + block] as number)
    return n
  }
  let [low, high] = [0, us.length - 1]
  const rank = Math.max(1, Math.ceil(q * upTo(high)))
  while (low < high) {
    const middle = (low + high) >> 1
    if (upTo(middle) >= rank) high = middle
    else low = middle + 1
  }
  return (us[low] as number) / 1000
}
