import type { Run } from '../model/run.ts'
import { harnessFailures } from './harness-failures.ts'
import { machineReasons } from './machine-timing.ts'
import { latenessReasons, pacingReasons } from './schedule-timing.ts'
import { threadReasons } from './thread-timing.ts'
import type { TimingReason } from './timing-reason.ts'

/**
 * Whether the times of a run are the gateway's: `trusted`; `suspect` where a part of them may be the harness's own; `invalid` where
 * they say nothing of the gateway.
 */
export interface Timing {
  readonly state: 'trusted' | 'suspect' | 'invalid'
  /** One sentence each, those that make it invalid first; none where it is trusted. */
  readonly reasons: readonly string[]
}

/** Judges the instrument by what it measured of itself. What was not measured says nothing. */
export function timingOf(run: Run): Timing {
  const failures = harnessFailures(run)
  const invalid = [...failures, ...invalidTimes(run)]
  const suspect = sentences(run, 'suspect')
  const state = invalid.length > 0 ? 'invalid' : suspect.length > 0 ? 'suspect' : 'trusted'
  return { state, reasons: [...invalid, ...suspect] }
}

/** Why the times of a run say nothing of the gateway, beside the failures of the harness. */
export function invalidTimes(run: Run): readonly string[] {
  return sentences(run, 'invalid')
}

function sentences(run: Run, state: TimingReason['state']): readonly string[] {
  return timingReasons(run).flatMap((reason) => (reason.state === state ? [reason.sentence] : []))
}

function timingReasons(run: Run): readonly TimingReason[] {
  const { instrument, mock } = run
  return [
    ...(instrument?.runner ?? []).flatMap(threadReasons),
    ...latenessReasons(run),
    ...(mock?.instrument ?? []).flatMap(threadReasons),
    ...pacingReasons(run),
    ...(instrument ? machineReasons(instrument.machine) : []),
  ]
}
