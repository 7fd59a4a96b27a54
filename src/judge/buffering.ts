import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { settingsOf } from '../plan/mix.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { type Standstill, standstillOf } from './pauses.ts'
import { isClean } from './shapes.ts'

/** With a shorter delay or fewer deltas, a burst proves nothing. */
const minDelayMs = 20
const minChunks = 5

/**
 * Whether a stream arrived in one burst although the mock spaced its deltas: the first delta came after half of the planned time, and
 * all deltas together took less than half of it. The time in which the harness was paused is not a wait for the gateway.
 */
export function isBuffered(
  record: StreamRecord,
  { chunks = 0, delayMs = 0 }: Pick<Scenario, 'chunks' | 'delayMs'>,
  standstill?: Standstill,
): boolean {
  const { requestSentNs, firstDeltaNs, lastDeltaNs } = record
  if (!isClean(record)) return false
  if (chunks < minChunks || delayMs < minDelayMs) return false
  if (requestSentNs === undefined || firstDeltaNs === undefined || lastDeltaNs === undefined) return false
  const halfNs = ((chunks - 1) * delayMs * 1e6) / 2
  const waitedNs = firstDeltaNs - requestSentNs - (standstill?.overlapNs(requestSentNs, firstDeltaNs) ?? 0)
  return waitedNs >= halfNs && lastDeltaNs - firstDeltaNs < halfNs
}

/** Whether the gateway buffered streams until they were nearly complete. */
export function bufferedOf(run: Run): readonly GatewayFinding[] {
  const { records, scenario, toxics } = run
  if (toxics !== undefined) return []
  const standstill = standstillOf(run)
  const buffered = records.filter((record) =>
    isBuffered(record, settingsOf(scenario, record.stream), standstill),
  ).length
  const whole = records.filter(({ outcome }) => outcome.state === 'whole').length
  if (buffered === 0 || buffered < whole / 2) return []
  return [
    { class: 'buffered', metric: 'streams that arrived in one burst', expected: '0', got: `${buffered} of ${whole}` },
  ]
}
