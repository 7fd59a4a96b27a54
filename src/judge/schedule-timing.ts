import { millis } from '../base/format.ts'
import { Histogram } from '../model/histogram.ts'
import type { Run } from '../model/run.ts'
import { latenessNs } from '../model/times.ts'
import { distributionOf } from './distribution.ts'
import { timingLimits } from './timing-limits.ts'
import { reasonAt, type TimingReason } from './timing-reason.ts'

/** Below so many ms between two starts a ramp is a burst: a start alone takes up to 1 ms of a shared CPU. */
const leastStartGapMs = 1

/** Below so many ms between two deltas the mock writes as fast as it can, and how late it is says nothing of its health. */
const leastPacedMs = 10

/** Whether our starts kept to the schedule. Of a burst, where all are due at once, lateness is what the burst costs. */
export function latenessReasons({ records, scenario }: Run): readonly TimingReason[] {
  const { rampMs, streams } = scenario
  const late = rampMs === 0 ? undefined : distributionOf(records.map(latenessNs).filter((ns) => ns !== undefined))
  if (!late) return []
  const { suspect, invalid } = timingLimits.lateness
  const p50Ms = Math.max(invalid.p50Ms, invalid.ofRamp * rampMs)
  const p99Ms = Math.max(suspect.p99Ms, suspect.ofRamp * rampMs)
  return reasonAt(late.p50Ms >= p50Ms && rampMs / streams >= leastStartGapMs, late.p99Ms >= p99Ms, (at) => {
    const limit = at === 'invalid' ? `p50 ${millis(p50Ms)}` : `p99 ${millis(p99Ms)}`
    return `the runner started its streams late: p50 ${millis(late.p50Ms)}, p99 ${millis(late.p99Ms)} (limit: ${limit}): ask for a longer --ramp-ms or fewer streams, or free its CPU`
  })
}

/** Whether the mock kept to its schedule. */
export function pacingReasons({ mock, scenario: { delayMs = 0 } }: Run): readonly TimingReason[] {
  if (!mock || delayMs === 0) return []
  const pacing = Histogram.from(mock.pacingError)
  const [p50Ms, p90Ms, p99Ms] = [0.5, 0.9, 0.99].map((q) => (pacing.quantile(q) ?? 0) / 1000) as [
    number,
    number,
    number,
  ]
  const { suspect, invalid } = timingLimits.pacing
  const most = {
    p50Ms: Math.max(invalid.p50Ms, invalid.p50OfDelay * delayMs),
    p90Ms: Math.max(invalid.p90Ms, invalid.p90OfDelay * delayMs),
    suspectP50Ms: Math.max(suspect.p50Ms, suspect.ofDelay * delayMs),
    suspectP99Ms: Math.max(suspect.p99Ms, suspect.ofDelay * delayMs),
  }
  return reasonAt(
    (p50Ms >= most.p50Ms || p90Ms >= most.p90Ms) && delayMs >= leastPacedMs,
    p50Ms >= most.suspectP50Ms || p99Ms >= most.suspectP99Ms,
    (at) => {
      const limit =
        at === 'invalid'
          ? `p50 ${millis(most.p50Ms)}, p90 ${millis(most.p90Ms)}`
          : `p50 ${millis(most.suspectP50Ms)}, p99 ${millis(most.suspectP99Ms)}`
      return `the mock fell behind: it wrote its deltas later than due by p50 ${millis(p50Ms)}, p90 ${millis(p90Ms)}, p99 ${millis(p99Ms)}, with ${delayMs} ms between two (limits: ${limit}): free its CPU, or ask for fewer streams or a longer --delay-ms`
    },
  )
}
