import type { CaseResult } from '../judge/conformance.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { JudgedThreshold } from '../judge/thresholds.ts'
import type { Run } from '../model/run.ts'
import { junitXml, type TestCase } from './junit.ts'
import { testedLine } from './tested.ts'

const verdictResults: Readonly<Record<Judgement['verdict'], CaseResult>> = {
  pass: 'pass',
  warn: 'pass',
  fail: 'fail',
  // The run says nothing about the gateway, so that nothing has failed.
  invalid: 'not-judged',
}

const thresholdResults: Readonly<Record<JudgedThreshold['state'], CaseResult>> = {
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
    ...(compared
      ? [{ name: `not worse than ${compared.operand}`, time: 0, result: compared.result, failure: compared.why }]
      : []),
  ]
  return junitXml(`${run.command} ${testedLine(run.gateway)}`, run.target.protocol, cases)
}
