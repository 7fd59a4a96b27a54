import { printable } from '../../base/printable.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Run } from '../../model/run.ts'
import type { ReportDetail } from '../report-detail.ts'
import { fullReport } from './full.ts'
import { headerLines } from './header.ts'
import { originalBlock } from './original-block.ts'
import { shortReport } from './short.ts'

/** The report for people: what was tested, the original's report in its exact shape, and the conclusions below it. */
export function reportText(run: Run, judgement: Judgement, detail: ReportDetail = 'short'): string {
  const below = detail === 'full' ? fullReport : shortReport
  const lines = [
    ...headerLines(run, judgement),
    '',
    ...originalBlock(judgement.summary, run.telemetry.usageAfter, resultOf(judgement)),
    '',
    ...below(run, judgement),
  ]
  return `${lines.join('\n')}\n`
}

/** What follows `RESULT: `: the verdict and its first reason, in the original's words if all went well. */
function resultOf({ verdict, reasons, summary }: Judgement): string {
  const passed =
    summary.failed > 0 ? 'every injected fault was handled correctly' : 'all streams completed successfully'
  return `${verdict.toUpperCase()} - ${printable(reasons[0] ?? passed)}`
}
