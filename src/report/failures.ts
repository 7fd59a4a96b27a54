import { counted, grouped } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { durationNs } from '../model/times.ts'

/** Failed streams that are shown one by one. */
const shown = 5

/** The first failures with what is known of them, and how many of all were ended by our own deadline. */
export function failureLines({ records, scenario }: Run): string[] {
  const failed = records.filter(({ outcome }) => outcome.state === 'failed')
  if (failed.length === 0) return []
  const ours = failed.filter((record) => endedByDeadline(record, scenario.timeoutS)).length
  return [
    '',
    `  Failures (${failed.length > shown ? `the first ${shown} of ${grouped(failed.length)}` : failed.length}):`,
    ...failed.slice(0, shown).map((record) => `    ${failureLine(record, scenario.timeoutS)}`),
    ...(ours > 0
      ? [
          `    ${counted(ours, 'stream')} ended by our own deadline, --timeout ${scenario.timeoutS} s: we gave up, nothing else`,
        ]
      : []),
  ]
}

function failureLine(record: StreamRecord, timeoutS: number): string {
  const { stream, status, outcome } = record
  if (outcome.state !== 'failed') return `stream ${stream}: ${outcome.state}`
  const answered = status === undefined ? '' : `, HTTP ${status}`
  const deadline = endedByDeadline(record, timeoutS) ? ` (our deadline, --timeout ${timeoutS} s)` : ''
  const detail = printable(outcome.detail)
  return `stream ${stream}: ${outcome.kind} in phase ${outcome.phase}${answered}${deadline}${detail && `: ${detail}`}`
}

/** The kernel gives a connect up on its own too, hence the look at how long it took; timers may fire some ms early. */
function endedByDeadline(record: StreamRecord, timeoutS: number): boolean {
  const { outcome } = record
  if (outcome.state !== 'failed' || !outcome.kind.endsWith('_timeout')) return false
  return (durationNs(record) ?? 0) >= timeoutS * 1e9 - 10e6
}
