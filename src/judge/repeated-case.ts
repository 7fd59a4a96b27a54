import { bugRemedy } from '../base/errors.ts'
import { isCorruption } from '../grammar/rules.ts'
import { busyReasons, type CaseSurroundings } from './busy.ts'
import type { CaseResult, CaseRun, JudgedCase } from './conformance.ts'

/** A run of a case, and why its failure proves nothing; empty if the failure does not depend on time or a bug, or nothing was busy. */
export interface TimedRun {
  readonly judged: CaseRun
  readonly busy: readonly string[]
}

/** A run of a case, with what the harness measured of itself and of the machine during it. */
export function timedRun(judged: CaseRun, surroundings: CaseSurroundings): TimedRun {
  if (isOurs(judged)) return { judged, busy: [`${judged.name}: ${judged.why}. ${bugRemedy}`] }
  return { judged, busy: judged.timed === undefined ? [] : busyReasons(surroundings, judged.timed) }
}

/** How often a case must fail before that counts. It runs at most once more. */
export const countedFailures = 2

/** Whether a case need not run again: it passed, it failed often enough, it met a bug of this program, or the machine stayed busy. */
export function isDecided(runs: readonly TimedRun[], failuresNeeded: number = countedFailures): boolean {
  if (runs.some(({ judged }) => judged.isRight || isOurs(judged))) return true
  return runs.filter(isCounted).length >= failuresNeeded || runs.length > failuresNeeded
}

/** The result of a case that will not run again, with the run that shows it: for a flaky case the failure. */
export function afterRuns(
  runs: readonly [TimedRun, ...TimedRun[]],
  failuresNeeded: number = countedFailures,
): JudgedCase {
  const result = resultOf(runs, failuresNeeded)
  const [first] = runs
  const right = result === 'pass' ? runs.find(({ judged }) => judged.isRight) : undefined
  const decisive =
    right ?? runs.find(isWrongContent) ?? runs.find((run) => isOurs(run.judged)) ?? runs.findLast(isCounted)
  const { timed: _, ...judged } = (decisive ?? first).judged
  const busy = result === 'not-judged' ? { busy: [...new Set(runs.flatMap((run) => run.busy))] } : {}
  return { ...judged, isRight: result === 'pass', result, runs: runs.length, ...busy }
}

function resultOf(runs: readonly TimedRun[], failuresNeeded: number): CaseResult {
  if (runs.some(isWrongContent)) return 'fail'
  const failures = runs.filter(isCounted).length
  if (runs.some(({ judged }) => isOurs(judged))) return 'not-judged'
  if (runs.some(({ judged }) => judged.isRight)) return failures > 0 ? 'flaky' : 'pass'
  // If it could not run again, for example because the gateway died, one failure is all there is.
  return failures >= failuresNeeded || failures === runs.length ? 'fail' : 'not-judged'
}

/** Whether the stream failed in this program. */
function isOurs({ seen }: CaseRun): boolean {
  return seen === 'internal_error'
}

/** A failure that depends on time does not count if the harness or the machine was busy. */
function isCounted({ judged, busy }: TimedRun): boolean {
  return !judged.isRight && busy.length === 0
}

/** Wrong content counts the first time: no pause of the harness or the machine can change the content of a stream. */
function isWrongContent({ judged }: TimedRun): boolean {
  return !judged.isRight && !isOurs(judged) && judged.rules.some(isCorruption)
}
