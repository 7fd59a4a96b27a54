import type { StreamRecord } from '../model/record.ts'

/**
 * The largest number of streams that were open at one instant: a stream is open from its connect up to, but not at, its
 * end. One that never connected was never open. `endNs`: when a stream ends, if not at its `endedNs`.
 */
export function peakConcurrency(
  records: readonly StreamRecord[],
  endNs: (record: StreamRecord) => number = ({ endedNs }) => endedNs,
): number {
  const opened = new Float64Array(records.length).fill(Number.POSITIVE_INFINITY)
  const closed = new Float64Array(records.length).fill(Number.POSITIVE_INFINITY)
  let count = 0
  for (const record of records) {
    const { connectedNs } = record
    const closedNs = endNs(record)
    if (connectedNs === undefined || closedNs <= connectedNs) continue
    opened[count] = connectedNs
    closed[count++] = closedNs
  }
  opened.sort()
  closed.sort()
  let peak = 0
  let ended = 0
  for (let index = 0; index < count; index++) {
    const instant = opened[index] as number
    while ((closed[ended] as number) <= instant) ended++
    peak = Math.max(peak, index + 1 - ended)
  }
  return peak
}
