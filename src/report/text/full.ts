import { counted, fixed, grouped } from '../../base/format.ts'
import { alignRows } from '../../base/table.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Summary, Totals } from '../../judge/summary.ts'
import type { MockStats } from '../../model/mock-stats.ts'
import type { Run } from '../../model/run.ts'
import { drainLines } from './drain.ts'
import { clientFaultLines, faultLines } from './faults.ts'
import { noteLines, ruleLines } from './findings.ts'
import { instrumentLines } from './instrument.ts'
import { kindLines } from './kinds.ts'
import { phaseLines } from './phases.ts'
import { gatewayRows, type LabelledRow } from './resources.ts'
import { failureLines, flightLines, lastLines } from './streams.ts'
import { thresholdLines } from './thresholds.ts'
import { overheadLines, timeTable } from './times.ts'
import { timingLines, verdictLines } from './verdict.ts'

/** Examples per rule. */
const examples = 2

/** Every section: what `report.txt` holds. */
export function fullReport(run: Run, judgement: Judgement): string[] {
  const { summary, gatewayFindings, faults, cancellations, remains } = judgement
  return [
    ...verdictLines(run, judgement),
    ...timingLines(judgement),
    ...instrumentLines(run),
    ...thresholdLines(judgement),
    '',
    ...phaseLines(summary),
    ...kindLines(summary),
    ...timeTable(summary),
    ...clockLines(run),
    ...overheadLines(run, summary.overhead),
    '',
    ...labelled([
      totalsRow('Complete streams:', summary.totals),
      totalsRow('All streams:', summary.totalsOfAll),
      ...(run.mock ? mockRows(run.mock, summary) : []),
      ...gatewayRows(run, summary.cost),
    ]),
    ...(run.drain ? drainLines(run.drain, remains) : []),
    ...noteLines(gatewayFindings),
    ...failureLines(run),
    ...ruleLines(run, summary.rules, examples),
    ...faultLines(faults),
    ...clientFaultLines(cancellations),
    ...flightLines(run),
    ...lastLines(run),
  ]
}

/** How wrong transit may be if mock and runner do not share a clock. */
function clockLines({ mockClock }: Run): string[] {
  if (!mockClock || mockClock.isShared) return []
  const [offset, error] = [mockClock.offsetNs, mockClock.errorNs].map((ns) => (ns / 1e6).toFixed(3))
  return [`  (transit: mock clock offset ${offset} ms, error at most ${error} ms)`]
}

function totalsRow(label: string, { bytes, chunks, events, deltas }: Totals): LabelledRow {
  const counts = [counted(events, 'event'), counted(deltas, 'delta'), counted(chunks, 'chunk'), counted(bytes, 'byte')]
  return [label, counts.join(', ')]
}

function mockRows(mock: MockStats, { pacingError }: Summary): LabelledRow[] {
  const { streamsPeak, streamsServed, streamsAborted, streamsOpen, requests, deltasSent, eventsSent } = mock
  const { n = 0, p50Ms, maxMs, tail } = pacingError ?? {}
  const [served, aborted, open, peak] = [streamsServed, streamsAborted, streamsOpen, streamsPeak].map(grouped)
  return [
    ['Mock streams:', `${served} served, ${aborted} aborted by the client, ${open} open, ${peak} peak`],
    [
      'Mock sent:',
      `${counted(eventsSent, 'event')}, ${counted(deltasSent, 'delta')} for ${counted(requests, 'request')}`,
    ],
    ['Mock pacing error:', `p50 ${millis(p50Ms)}, p99 ${millis(tail?.p99Ms)}, max ${millis(maxMs)}, n ${grouped(n)}`],
  ]
}

function millis(ms: number | undefined): string {
  return ms === undefined ? fixed(ms, 1) : `${fixed(ms, 1)} ms`
}

function labelled(rows: readonly LabelledRow[]): string[] {
  return alignRows(rows).map((row) => `  ${row}`)
}
