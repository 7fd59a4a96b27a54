import type { InstrumentReadings } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import { brokenBaseline } from './baseline-check.ts'
import { harnessFailures } from './harness-failures.ts'
import { machineChecks } from './machine-checks.ts'
import { baselineCheck, pauseChecks, pausedBaselines } from './pause-checks.ts'
import { partPausesOf } from './pauses.ts'
import { mockPacing, startLateness } from './schedule-checks.ts'
import { threadChecks } from './thread-checks.ts'
import { reasonsOf, type TimingReason } from './timing-check.ts'

/**
 * Whether the times of a run are the gateway's: `trusted`; `suspect` if a part of them may be the harness's own; `invalid` if they
 * say nothing about the gateway.
 */
export interface Timing {
  readonly state: 'trusted' | 'suspect' | 'invalid'
  /** One sentence each, those that make it invalid first; empty if it is trusted. */
  readonly reasons: readonly string[]
}

/** What the harness measured of itself, judged. */
export interface InstrumentJudgement {
  readonly timing: Timing
  /** Why the run says nothing about the gateway, however its streams ended. */
  readonly failures: readonly string[]
  /** Why the run's times say nothing about the gateway; its content may. */
  readonly invalidTimes: readonly string[]
}

/** Judges the harness before the gateway. What was not measured is not a reason. */
export function judgeInstrument(run: Run): InstrumentJudgement {
  const reasons = timingReasons(run)
  const sentences = (state: TimingReason['state']) =>
    reasons.filter((reason) => reason.state === state).map(({ sentence }) => sentence)
  const [failures, invalidTimes, suspect] = [harnessFailures(run), sentences('invalid'), sentences('suspect')]
  const invalid = [...failures, ...invalidTimes]
  const state = invalid.length > 0 ? 'invalid' : suspect.length > 0 ? 'suspect' : 'trusted'
  return { timing: { state, reasons: [...invalid, ...suspect] }, failures, invalidTimes }
}

/** The reasons in order: pauses and broken baselines first, because they explain others; then from the client to the mock. */
function timingReasons(run: Run): readonly TimingReason[] {
  const { instrument, mock } = run
  const threads = (readings: readonly InstrumentReadings[] = []) =>
    readings.filter(({ wallMs }) => wallMs > 0).flatMap((thread) => reasonsOf(threadChecks, thread))
  return [
    ...partPausesOf(run).flatMap((part) => reasonsOf(pauseChecks, part)),
    // A part that failed explains it.
    ...(run.failedParts ? [] : (run.baseline?.windows ?? [])).flatMap((window) => reasonsOf([brokenBaseline], window)),
    ...pausedBaselines(run).flatMap((window) => reasonsOf([baselineCheck], window)),
    ...threads(instrument?.runner),
    ...reasonsOf([startLateness], run),
    ...threads(mock?.instrument),
    ...reasonsOf([mockPacing], run),
    ...(instrument ? reasonsOf(machineChecks, instrument.machine) : []),
  ]
}
