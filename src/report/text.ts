import type { Judgement } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { extension } from './extension.ts'
import { originalBlock } from './original-block.ts'
import { resultOf } from './result.ts'
import { headerLines, testedLine } from './tested.ts'

/**
 * The report for people: what was tested, the original's report in its exact shape, what it lacks below it, and the
 * verdict again as the last line.
 */
export function reportText(run: Run, judgement: Judgement): string {
  const result = resultOf(judgement)
  const lines = [
    ...headerLines(run, judgement.startSkewMs),
    '',
    ...originalBlock(judgement.summary, run.telemetry.usageAfter, result),
    '',
    ...extension(run, judgement),
    '',
    `Verdict: ${result} | tested: ${testedLine(run.gateway)}`,
  ]
  return `${lines.join('\n')}\n`
}
