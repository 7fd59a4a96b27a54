import { isHarmed, type StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import type { GatewayFinding } from './gateway-finding.ts'

/** Below them, time between deltas tells nothing. */
const leastDelayMs = 20
const leastChunks = 5

/**
 * Whether a stream came in one burst although the mock spaced its deltas: the first of them came when half of the stream should
 * have been there, and all together took less than half as long as planned.
 */
export function isBuffered(
  record: StreamRecord,
  { chunks = 0, delayMs = 0 }: Pick<Scenario, 'chunks' | 'delayMs'>,
): boolean {
  const { outcome, clientFault, requestSentNs, firstDeltaNs, lastDeltaNs } = record
  if (outcome.state !== 'whole' || isHarmed(record) || clientFault !== undefined) return false
  if (chunks < leastChunks || delayMs < leastDelayMs) return false
  if (requestSentNs === undefined || firstDeltaNs === undefined || lastDeltaNs === undefined) return false
  const halfNs = ((chunks - 1) * delayMs * 1e6) / 2
  return firstDeltaNs - requestSentNs >= halfNs && lastDeltaNs - firstDeltaNs < halfNs
}

/** Whether the gateway held streams back until they were nearly over. */
export function bufferedOf({ records, scenario, toxics }: Run): readonly GatewayFinding[] {
  if (toxics !== undefined) return []
  const buffered = records.filter((record) => isBuffered(record, scenario)).length
  const whole = records.filter(({ outcome }) => outcome.state === 'whole').length
  if (buffered === 0 || buffered < whole / 2) return []
  return [
    { class: 'buffered', metric: 'streams that came in one burst', expected: '0', got: `${buffered} of ${whole}` },
  ]
}
