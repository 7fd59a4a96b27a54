import { millis } from '../base/format.ts'
import { Histogram } from '../model/histogram.ts'
import { isOpenLoop, phasesOf } from '../model/phase.ts'
import type { Run } from '../model/run.ts'
import { latenessNs } from '../model/times.ts'
import { paceOf } from '../plan/mix.ts'
import { distributionOf } from './distribution.ts'
import { remedies, scheduleRemedy } from './remedies.ts'
import { type TimingCheck, worst } from './timing-check.ts'
import { timingLimits } from './timing-limits.ts'

/** Minimum time between two starts, in ms. With less, a ramp is a burst: one start takes up to 1 ms on a shared CPU. */
const minStartGapMs = 1

/** Minimum time between two deltas, in ms. With less, the mock writes as fast as it can, and lateness is not a defect. */
const minPacedMs = 10

/** Lateness of the starts and its limits, in ms; undefined without a ramp: if all starts are due at once, most have to be late. */
function latenessIn({ records, scenario }: Run) {
  const { rampMs } = scenario
  if (phasesOf(scenario).some(isOpenLoop)) return openLateness(records, scenario)
  const late = rampMs === 0 ? undefined : distributionOf(records.map(latenessNs).filter((ns) => ns !== undefined))
  const { suspect, invalid } = timingLimits.lateness
  return (
    late && {
      ...late,
      maxP50Ms: Math.max(invalid.p50Ms, invalid.ofRamp * rampMs),
      maxP99Ms: Math.max(suspect.p99Ms, suspect.ofRamp * rampMs),
    }
  )
}

/** The same for the open loops of a load: their times count from the intended starts, so that the lateness is part of them. */
function openLateness(records: Run['records'], scenario: Run['scenario']) {
  const isOpen = phasesOf(scenario).map(isOpenLoop)
  const late = distributionOf(
    records.flatMap((record) => (isOpen[record.phase ?? 0] ? (latenessNs(record) ?? []) : [])),
  )
  const { suspect, invalid } = timingLimits.openLateness
  return late && { ...late, maxP50Ms: invalid.p50Ms, maxP99Ms: suspect.p99Ms }
}

/** Whether the starts of the streams kept to the schedule. */
export const startLateness: TimingCheck<Run> = {
  id: 'start_lateness',
  state: (run) => {
    const late = latenessIn(run)
    if (!late) return undefined
    const { rampMs, streams, phases } = run.scenario
    const isPaced = phases !== undefined || rampMs / streams >= minStartGapMs
    return worst(late.p50Ms >= late.maxP50Ms && isPaced, late.p99Ms >= late.maxP99Ms)
  },
  sentence: (run, state) => {
    const { p50Ms = 0, p99Ms = 0, maxP50Ms = 0, maxP99Ms = 0 } = latenessIn(run) ?? {}
    const limit = state === 'invalid' ? `p50 ${millis(maxP50Ms)}` : `p99 ${millis(maxP99Ms)}`
    return `The runner started its streams late: p50 ${millis(p50Ms)}, p99 ${millis(p99Ms)} (limit ${limit}). ${scheduleRemedy(run.instrument?.runner, run.scenario.phases ? 'Use a lower --rate.' : 'Use a longer --ramp-ms or fewer streams.')}`
  },
}

/** The mock's pacing error and its limits for the shortest delay, in ms; undefined if it was not measured or has no pace. */
function pacingIn({ mock, scenario }: Run) {
  const { shortestDelayMs: delayMs = 0 } = paceOf(scenario)
  if (!mock || delayMs === 0) return undefined
  const error = Histogram.from(mock.pacingError)
  const [p50Ms = 0, p90Ms = 0, p99Ms = 0] = [0.5, 0.9, 0.99].map((q) => (error.quantile(q) ?? 0) / 1000)
  const { suspect, invalid } = timingLimits.pacing
  return {
    ...{ p50Ms, p90Ms, p99Ms, delayMs },
    invalid: {
      p50Ms: Math.max(invalid.p50Ms, invalid.p50OfDelay * delayMs),
      p90Ms: Math.max(invalid.p90Ms, invalid.p90OfDelay * delayMs),
    },
    suspect: {
      p50Ms: Math.max(suspect.p50Ms, suspect.ofDelay * delayMs),
      p99Ms: Math.max(suspect.p99Ms, suspect.ofDelay * delayMs),
    },
  }
}

/** Whether the mock kept to its schedule. */
export const mockPacing: TimingCheck<Run> = {
  id: 'mock_pacing',
  state: (run) => {
    const pacing = pacingIn(run)
    if (!pacing) return undefined
    const { p50Ms, p90Ms, p99Ms, delayMs, invalid, suspect } = pacing
    return worst(
      (p50Ms >= invalid.p50Ms || p90Ms >= invalid.p90Ms) && delayMs >= minPacedMs,
      p50Ms >= suspect.p50Ms || p99Ms >= suspect.p99Ms,
    )
  },
  sentence: (run, state) => {
    const pacing = pacingIn(run)
    if (!pacing) return ''
    const { p50Ms, p90Ms, p99Ms, delayMs, invalid, suspect } = pacing
    const limit =
      state === 'invalid'
        ? `p50 ${millis(invalid.p50Ms)} or p90 ${millis(invalid.p90Ms)}`
        : `p50 ${millis(suspect.p50Ms)} or p99 ${millis(suspect.p99Ms)}`
    return `The mock sent its deltas late: p50 ${millis(p50Ms)}, p90 ${millis(p90Ms)}, p99 ${millis(p99Ms)}, with ${delayMs} ms between deltas (limit ${limit}). ${scheduleRemedy(run.mock?.instrument, remedies.lessWork)}`
  },
}
