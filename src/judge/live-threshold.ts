import { grouped } from '../base/format.ts'
import { holds } from './comparison.ts'
import { shareText } from './quantity-text.ts'
import type { Threshold } from './threshold.ts'

/** Counts of a load while it runs. */
export interface LiveCounts {
  readonly done: number
  readonly failed: number
}

/** How far a load has come. */
interface LiveLoad {
  readonly counts: LiveCounts
  /** Time since its start, in ns. */
  readonly elapsedNs: number
  /** Streams of the whole load; undefined if the load decides. */
  readonly streams: number | undefined
}

/** The first of the thresholds that ends a load early, and what was observed; undefined if none is broken. */
export function brokenWhileRunning(
  thresholds: readonly Threshold[],
  load: LiveLoad,
): { readonly threshold: Threshold; readonly got: string } | undefined {
  for (const threshold of thresholds) {
    if (threshold.abort === undefined || load.elapsedNs < threshold.abort.afterNs) continue
    const got = threshold.metric === 'failed.rate' ? brokenRate(threshold, load) : brokenCount(threshold, load)
    if (got !== undefined) return { threshold, got }
  }
  return undefined
}

function brokenCount({ comparison, limit }: Threshold, { counts }: LiveLoad): string | undefined {
  return holds(counts.failed, comparison, limit)
    ? undefined
    : `${grouped(counts.failed)} of ${grouped(counts.done)} streams`
}

/**
 * A share is broken if the streams that have failed break it even if all others are complete, or if it is broken among those that have
 * ended, and these are enough to show it: 100 for a limit of 1 %.
 */
function brokenRate({ comparison, limit }: Threshold, { counts, streams }: LiveLoad): string | undefined {
  const { done, failed } = counts
  if (failed === 0) return undefined
  const isBrokenOf = (total: number) => !holds((failed * 1e6) / total, comparison, limit)
  const fewest = limit === 0 ? 1 : Math.ceil(1e6 / limit)
  const isCertain = streams !== undefined && isBrokenOf(streams)
  if (!isCertain && !(done >= fewest && isBrokenOf(done))) return undefined
  return `${shareText(failed / done)} (${grouped(failed)} of ${grouped(done)} streams)`
}
