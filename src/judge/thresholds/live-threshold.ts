import { grouped } from '../../base/format.ts'
import { formatQuantity, timeMeasure } from '../../base/quantity.ts'
import type { Scenario } from '../../model/scenario.ts'
import { fewestFor } from '../distribution.ts'
import { holds } from './comparison.ts'
import { percentileOfMetric } from './metrics.ts'
import { shareText } from './quantity-text.ts'
import { parseThreshold, type Threshold } from './threshold.ts'

/** Counts of a load while it runs, without those of excluded phases. */
export interface LiveCounts {
  /** Streams that ended by themselves, and those of them that failed. */
  readonly ended: number
  readonly failed: number
  /** Streams that have a time to first token or failed before it, and how many of them break each of `liveTimeLimits`. */
  readonly timed: number
  readonly over: readonly number[]
}

/** How far a load has come. */
interface LiveLoad {
  readonly counts: LiveCounts
  /** Time since its start, in ns. */
  readonly elapsedNs: number
  /** Streams of the whole load; undefined if the load decides. */
  readonly streams: number | undefined
}

/** The thresholds of a scenario that may end its load. */
export function abortingThresholds({ thresholds = [] }: Pick<Scenario, 'thresholds'>): readonly Threshold[] {
  return thresholds.flatMap((text) => parseThreshold(text, []) ?? []).filter(({ abort }) => abort !== undefined)
}

/** Those of them that limit the time to first token. */
export function liveTimeLimits(thresholds: readonly Threshold[]): readonly Threshold[] {
  return thresholds.filter(({ metric }) => percentileOfMetric(metric) !== undefined)
}

/** The first of the thresholds that ends a load early, and what was observed; undefined if none is broken. */
export function brokenWhileRunning(
  thresholds: readonly Threshold[],
  load: LiveLoad,
): { readonly threshold: Threshold; readonly got: string } | undefined {
  const timeLimits = liveTimeLimits(thresholds)
  for (const threshold of thresholds) {
    if (threshold.abort === undefined || load.elapsedNs < threshold.abort.afterNs) continue
    const at = timeLimits.indexOf(threshold)
    const got = at < 0 ? brokenFailures(threshold, load) : brokenTime(threshold, load, load.counts.over[at] ?? 0)
    if (got !== undefined) return { threshold, got }
  }
  return undefined
}

function brokenFailures({ metric, operator, limit }: Threshold, { counts, streams }: LiveLoad): string | undefined {
  const { ended, failed } = counts
  const got = `${grouped(failed)} of ${grouped(ended)} streams failed`
  if (metric === 'failed.count') return holds(failed, operator, limit) ? undefined : got
  const isBroken = (share: number) => !holds(share * 1e6, operator, limit)
  const fewest = limit === 0 ? 1 : Math.ceil(1e6 / limit)
  return isShareBroken({ part: failed, total: ended, fewest, streams }, isBroken)
    ? `${shareText(failed / ended)} (${got})`
    : undefined
}

/** A percentile is above its limit if more streams are than its share. */
function brokenTime(
  { metric, operator, limit }: Threshold,
  { counts: { timed }, streams }: LiveLoad,
  over: number,
): string | undefined {
  const percentile = percentileOfMetric(metric) ?? 100
  // Without the noise of a difference such as 100 - 99.9.
  const allowed = Number(((100 - percentile) / 100).toFixed(9))
  const counted = { part: over, total: timed, fewest: percentile === 100 ? 1 : fewestFor(percentile), streams }
  if (!isShareBroken(counted, (share) => share > allowed)) return undefined
  const kept = `${operator} ${formatQuantity(limit, timeMeasure)}`
  return `${grouped(over)} of ${grouped(timed)} streams not ${kept} (${shareText(over / timed)})`
}

/**
 * Whether a share is broken: among the streams so far, if these are enough to show it (100 for a limit of 1 %), or whatever becomes of
 * the streams that are still to come.
 */
function isShareBroken(
  { part, total, fewest, streams }: { part: number; total: number; fewest: number; streams: number | undefined },
  isBroken: (share: number) => boolean,
): boolean {
  if (part === 0) return false
  return (total >= fewest && isBroken(part / total)) || (streams !== undefined && isBroken(part / streams))
}
