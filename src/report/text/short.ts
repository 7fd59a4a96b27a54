import { printable } from '../../base/printable.ts'
import { alignRows } from '../../base/table.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Run } from '../../model/run.ts'
import { drainLine } from './drain.ts'
import { clientFaultLines, faultLines } from './faults.ts'
import { noteLines, ruleLines } from './findings.ts'
import { kindLines } from './kinds.ts'
import { phaseLines } from './phases.ts'
import { gatewayRows, type LabelledRow } from './resources.ts'
import { lastLines, rerunLines } from './streams.ts'
import { thresholdLines } from './thresholds.ts'
import { shortTimeTable } from './times.ts'
import { timingLines, verdictLines } from './verdict.ts'

/** Examples per rule. */
const examples = 1

/** What a person reads in a minute: at most 30 lines for a run without findings. */
export function shortReport(run: Run, judgement: Judgement): string[] {
  const { summary, faults, cancellations, gatewayFindings, remains } = judgement
  const rows: LabelledRow[] = gatewayRows(run, summary.cost)
  if (run.drain) rows.push(['Drain:', drainLine(run.drain, remains)])
  return [
    ...verdictLines(run, judgement),
    ...timingLines(judgement),
    ...thresholdLines(judgement),
    '',
    ...phaseLines(summary),
    ...kindLines(summary),
    ...shortTimeTable(summary),
    '',
    ...alignRows(rows).map((row) => `  ${row}`),
    ...faultLines(faults),
    ...clientFaultLines(cancellations),
    ...ruleLines(run, summary.rules, examples),
    ...noteLines(gatewayFindings),
    ...lastLines(run),
    '',
    ...rerunLines(run, judgement),
    ...moreLines(run),
  ]
}

/** Where to find the rest, if the command line stored it. */
function moreLines({ id, words }: Run): string[] {
  if (!words) return []
  return [`  Full report: ${printable(id)}/report.txt in the results folder`]
}
