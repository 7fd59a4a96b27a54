import type { CaseResult } from '../judge/conformance.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { JudgedThreshold } from '../judge/thresholds/thresholds.ts'
import type { Run } from '../model/run.ts'
import { junitXml, type TestCase } from './junit.ts'
import { testedLine } from './tested.ts'

/** The result of a test case for a verdict. */
export const verdictResults: Readonly<Record<Judgement['verdict'], CaseResult>> = {
  pass: 'pass',
  warn: 'pass',
  fail: 'fail',
  // The run says nothing about the gateway, so that nothing has failed.
  invalid: 'not-judged',
}

/** The result of a test case for a threshold. */
export const thresholdResults: Readonly<Record<JudgedThreshold['state'], CaseResult>> = {
  ok: 'pass',
  broken: 'fail',
  too_few_samples: 'fail',
  not_measured: 'fail',
  invalid_timing: 'not-judged',
}

/** The result of `run --against`. */
export interface ComparedCase {
  /** What the run was compared with. */
  readonly operand: string
  readonly result: CaseResult
  /** Why it did not pass. */
  readonly why: string
}

/** The test case of a comparison with other runs, if there was one. */
export function comparedCases(compared: ComparedCase | undefined): readonly TestCase[] {
  if (!compared) return []
  const { operand, result, why } = compared
  return [{ name: `not worse than ${operand}`, time: 0, result, failure: why }]
}

/** A run as JUnit XML: one test case for the verdict, one for each threshold, and one for the comparison with other runs, if there was one. */
export function runJunit(
  run: Run,
  { verdict, reasons, summary, thresholds }: Judgement,
  compared?: ComparedCase,
): string {
  const cases: readonly TestCase[] = [
    { name: 'verdict', time: summary.wallS ?? 0, result: verdictResults[verdict], failure: reasons.join('\n') },
    ...thresholds.map(
      ({ text, state, got }): TestCase => ({ name: text, time: 0, result: thresholdResults[state], failure: got }),
    ),
    ...comparedCases(compared),
  ]
  return junitXml(`${run.command} ${testedLine(run.gateway)}`, run.target.protocol, cases)
}
