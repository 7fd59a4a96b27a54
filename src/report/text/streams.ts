import { counted, grouped } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import type { Judgement } from '../../judge/judgement.ts'
import type { Flight } from '../../model/flight.ts'
import type { StreamRecord } from '../../model/record.ts'
import type { Run } from '../../model/run.ts'
import { durationNs } from '../../model/times.ts'
import { notedStream, rerunCommand } from '../rerun.ts'

/** Number of failed streams that the full report shows in detail. */
const shownFailures = 5

/** Failed and slowest streams of the flight recorder in the full report; the file has every kept one. */
const shownFlights = 3

/** Number of output lines shown for a dead process. */
const shownLines = 10

/** The stream to look at first, and the command that runs it again. */
export function rerunLines(run: Run, judgement: Pick<Judgement, 'faults'>): string[] {
  const noted = notedStream(run, judgement)
  if (noted === undefined) return []
  const { stream, failed, slowest } = noted
  const line = failed
    ? `  First failed stream: ${failureText(failed, run.scenario.timeoutS)}`
    : `  Slowest stream: ${stream}, ${slowest ? longestWait(slowest) : ''}`
  return [line, ...commandLines(run, stream, '  Rerun: ')]
}

/** The first failures with their details, and how many of all ended by the harness's own deadline. */
export function failureLines({ records, scenario, stopped }: Run): string[] {
  const { timeoutS } = scenario
  const failed = records.filter(({ outcome }) => outcome.state === 'failed')
  if (failed.length === 0) return []
  const timedOut = failed.filter((record) => endedByDeadline(record, timeoutS)).length
  const shown = failed.length > shownFailures ? `first ${shownFailures} of ${grouped(failed.length)}` : failed.length
  return [
    '',
    `  ${stopped?.phase === 'warm-up' ? 'Warm-up failures' : 'Failures'} (${shown}):`,
    ...failed.slice(0, shownFailures).map((record) => `    stream ${failureText(record, timeoutS)}`),
    ...(timedOut > 0 ? [`    Ended by --timeout ${timeoutS} s: ${counted(timedOut, 'stream')}`] : []),
  ]
}

function failureText(record: StreamRecord, timeoutS: number): string {
  const { stream, status, outcome } = record
  if (outcome.state !== 'failed') return `${stream}: ${outcome.state}`
  const detail = printable(outcome.detail)
  // The detail of a refused request begins with its status.
  const http = status === undefined || detail.startsWith(`HTTP ${status}`) ? '' : `, HTTP ${status}`
  const deadline = endedByDeadline(record, timeoutS) ? ` (--timeout ${timeoutS} s)` : ''
  return `${stream}: ${outcome.kind} in phase ${outcome.phase}${http}${deadline}${detail && `: ${detail}`}`
}

/** Whether --timeout ended the stream. The kernel may time out a connect too, so the duration decides; timers may fire early. */
function endedByDeadline(record: StreamRecord, timeoutS: number): boolean {
  const { outcome } = record
  if (outcome.state !== 'failed' || !outcome.kind.endsWith('_timeout')) return false
  return (durationNs(record) ?? 0) >= timeoutS * 1e9 - 10e6
}

/** Where failed and slow streams lost their time, and the commands that run them again. */
export function flightLines(run: Run): string[] {
  const flights = run.flights ?? []
  if (flights.length === 0) return []
  const [failed, slowest] = (['failed', 'worst'] as const).map((why) => flights.filter((flight) => flight.why === why))
  return [
    '',
    `  Flight recorder (${counted(failed?.length ?? 0, 'failed stream')}, ${slowest?.length ?? 0} slowest; every delta in flights.ndjson):`,
    ...[...(failed ?? []).slice(0, shownFlights), ...(slowest ?? []).slice(0, shownFlights)].flatMap((flight) => [
      `    stream ${flight.stream} (${flight.why === 'failed' ? 'failed' : 'slow'}): ${longestWait(flight)}`,
      ...commandLines(run, flight.stream, '      '),
    ]),
  ]
}

/** The longest wait for a delta; with every delta recorded also for which one, and how much of it was transit. */
function longestWait({ deltas, stride, longestWaitNs }: Flight): string {
  if (deltas.length === 0) return 'no delta received'
  const longest = `longest wait ${ms(longestWaitNs / 1000)}`
  if (stride > 1) return longest
  let [at, waitUs] = [0, -1]
  deltas.forEach(([, receivedUs], index) => {
    const sinceUs = receivedUs - (deltas[index - 1]?.[1] ?? 0)
    if (sinceUs > waitUs) [at, waitUs] = [index, sinceUs]
  })
  const [sentUs = null, receivedUs = 0] = deltas[at] ?? []
  // With an estimated clock the difference may be slightly negative.
  const transit = sentUs === null ? '' : `, transit ${ms(Math.max(0, receivedUs - sentUs))}`
  return `${longest} for delta ${at}${transit}`
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`
}

function commandLines(run: Run, stream: number, label: string): string[] {
  const command = rerunCommand(run, stream)
  return command === undefined ? [] : [`${label}${command}`]
}

/** The last output of the gateway, if it died, and of each part of the harness that failed. */
export function lastLines({ died, failedParts = [] }: Run): string[] {
  return [...(died ? [died] : []), ...failedParts.filter(({ lastLines }) => lastLines.length > 0)].flatMap(
    ({ name, how, lastLines }) => [
      '',
      `  Last lines of ${printable(name)} (${printable(how)}):`,
      ...lastLines.slice(-shownLines).map((line) => `    ${printable(line)}`),
    ],
  )
}
