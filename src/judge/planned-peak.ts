import type { Run } from '../model/run.ts'
import { durationNs } from '../model/times.ts'
import { peakConcurrency } from './peak.ts'

/** Share of the streams asked for that has to be open at one instant. */
const leastPeakShare = 0.95

/** A plan shorter than this asserts nothing: the burst of its connects alone takes tens of ms. */
const leastPlannedMs = 100

/**
 * Whether the planned peak was missed because of the harness, in one sentence; undefined where it was not, or where that
 * can't be said. A run plans to have all of its streams open at once where they last (`(chunks - 1) * delayMs`, at least
 * 100 ms) longer than their starts are spread (`rampMs`). It was the harness that missed that peak where each stream was
 * whole, fewer than 95 % were ever open together, and our last start came later after the first than the shortest stream
 * lasted. Where the starts were in time, what kept streams from being open is the connect, which is not ours alone.
 */
export function missedPeak({ scenario, records }: Run): string | undefined {
  const { streams, chunks, delayMs, rampMs } = scenario
  if (chunks === undefined || delayMs === undefined) return undefined
  const plannedMs = (chunks - 1) * delayMs
  if (plannedMs < leastPlannedMs || rampMs >= plannedMs) return undefined
  if (records.length < streams || records.some(({ outcome }) => outcome.state !== 'whole')) return undefined
  const peak = peakConcurrency(records)
  if (peak >= leastPeakShare * streams) return undefined
  let [firstNs, lastNs, shortestNs] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY]
  for (const record of records) {
    firstNs = Math.min(firstNs, record.startedNs)
    lastNs = Math.max(lastNs, record.startedNs)
    shortestNs = Math.min(shortestNs, durationNs(record) ?? Number.POSITIVE_INFINITY)
  }
  const spreadNs = lastNs - firstNs
  if (spreadNs <= shortestNs) return undefined
  const [spreadMs, shortestMs] = [spreadNs, shortestNs].map((ns) => Math.round(ns / 1e6))
  return `only ${peak} of ${streams} streams were open at once: our starts took ${spreadMs} ms where ${rampMs} ms were planned, and the shortest stream lasted ${shortestMs} ms`
}
