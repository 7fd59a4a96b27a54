import { summarize } from '../judge/summary.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Run } from '../model/run.ts'
import { extension } from './extension.ts'
import { originalBlock } from './original-block.ts'
import { resultOf } from './result.ts'
import { headerLines, testedLine } from './tested.ts'

/**
 * The report for people: what was tested, the original's report in its exact shape, what it lacks below it, and the
 * verdict again as the last line.
 */
export function reportText(run: Run, verdict: Verdict): string {
  const summary = summarize(run)
  const result = resultOf(verdict)
  const lines = [
    ...headerLines(run),
    '',
    ...originalBlock(summary, run.telemetry.usageAfter, result),
    '',
    ...extension(run, summary, verdict),
    '',
    `Verdict: ${result} | tested: ${testedLine(run.gateway)}`,
  ]
  return `${lines.join('\n')}\n`
}
