import { counted, fixed, grouped } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import { distributionOfHistogram } from '../judge/distribution.ts'
import { type GatewayFinding, sentenceOf, weightOf } from '../judge/gateway-finding.ts'
import type { Judgement } from '../judge/judgement.ts'
import type { Totals } from '../judge/summary.ts'
import type { GatewayTelemetry } from '../model/gateway.ts'
import type { MockStats } from '../model/mock-stats.ts'
import type { Run } from '../model/run.ts'
import { costLines } from './cost-lines.ts'
import { drainLines } from './drain-lines.ts'
import { failureLines } from './failures.ts'
import { clientFaultLines, faultLines } from './fault-lines.ts'
import { findingLines } from './finding-lines.ts'
import { flightLines } from './flight-lines.ts'
import { instrumentLines } from './instrument-lines.ts'
import { overheadLines } from './overhead-lines.ts'
import { testedLine } from './tested.ts'
import { timeRow, timeTable } from './time-table.ts'

/** What stands below the original's report and has no place in it. */
export function extension(run: Run, judgement: Judgement): string[] {
  const { gateway, telemetry, mock, interruptedBy } = run
  const { summary, reasons, timing, gatewayFindings, faults, cancellations } = judgement
  return [
    `  Tested: ${testedLine(gateway)}`,
    // One reason alone stands in the result already.
    ...(reasons.length > 1 ? reasons.map((reason) => `  Reason: ${printable(reason)}`) : []),
    ...(interruptedBy
      ? [
          `  Interrupted by ${interruptedBy}: ${counted(summary.aborted, 'stream')} aborted, ${grouped(summary.notStarted)} not started`,
        ]
      : []),
    '',
    ...timeTable(summary),
    ...clockLines(run),
    ...instrumentLines(run, timing),
    ...overheadLines(summary, run),
    '',
    '  Counts:',
    totalsLine('Whole streams', summary.totals),
    totalsLine('All streams', summary.totalsOfAll),
    ...(gateway.kind === 'none' ? [] : [...gatewayLines(telemetry), ...costLines(summary.cost)]),
    ...(mock ? mockLines(mock) : []),
    ...drainLines(run),
    ...noteLines(gatewayFindings),
    ...failureLines(run),
    ...findingLines(run, summary.rules),
    ...faultLines(faults),
    ...clientFaultLines(cancellations),
    ...flightLines(run),
    ...lastWords(run),
  ]
}

/** How wrong transit may be, where mock and runner have a clock each. */
function clockLines({ mockClock }: Run): string[] {
  if (!mockClock || mockClock.isShared) return []
  const [offset, error] = [mockClock.offsetNs, mockClock.errorNs].map((ns) => (ns / 1e6).toFixed(3))
  return [`    (transit: the mock has another clock, ${offset} ms from ours, known to within ${error} ms)`]
}

function totalsLine(whose: string, { bytes, chunks, events, deltas }: Totals): string {
  const counts = [counted(events, 'event'), counted(deltas, 'delta'), counted(chunks, 'chunk'), counted(bytes, 'byte')]
  return `    ${`${whose}:`.padEnd(15)} ${counts.join(', ')}`
}

function gatewayLines({ sampledPeak, samples, highWaterMark, usageBefore, usageAfter }: GatewayTelemetry): string[] {
  const [before, after] = [usageBefore?.total_requests, usageAfter?.total_requests]
  const requests = before === undefined || after === undefined ? undefined : after - before
  return [
    '',
    "  The gateway's own view:",
    `    active_streams:  ${fixed(sampledPeak, 0)} at most in ${counted(samples, 'sample')}, high-water mark ${fixed(highWaterMark, 0)}`,
    `    Requests:        ${grouped(requests)} during the load`,
  ]
}

function mockLines(mock: MockStats): string[] {
  const { streamsPeak, streamsServed, streamsAborted, streamsOpen, requests, deltasSent, eventsSent, pacingError } =
    mock
  return [
    '',
    "  The mock's own view:",
    `    Streams:         ${grouped(streamsServed)} served, ${grouped(streamsAborted)} left by their client, ${grouped(streamsOpen)} open, peak ${grouped(streamsPeak)}`,
    `    Sent:            ${counted(eventsSent, 'event')}, ${counted(deltasSent, 'delta')} in answer to ${counted(requests, 'request')}`,
    timeRow('Pacing error (ms)', distributionOfHistogram(pacingError)),
  ]
}

/** What the streams together look like, and says nothing against the gateway by itself. */
function noteLines(findings: readonly GatewayFinding[]): string[] {
  const notes = findings.filter((finding) => weightOf(finding) === 'note')
  return notes.length === 0 ? [] : ['', '  Noted:', ...notes.map((note) => `    ${sentenceOf(note)}`)]
}

/** Lines of a dead process's output that are shown. */
const lastLinesShown = 10

function lastWords({ died }: Run): string[] {
  if (!died) return []
  return [
    '',
    `  Last lines of ${printable(died.name)} (${printable(died.how)}):`,
    ...died.lastLines.slice(-lastLinesShown).map((line) => `    ${printable(line)}`),
  ]
}
