import type { StreamRecord } from '../model/record.ts'

/**
 * The largest number of streams that were open at one instant: a stream is open from its connect up to, but not at, its
 * end. One that never connected was never open.
 */
export function peakConcurrency(records: readonly StreamRecord[]): number {
  const opened: number[] = []
  const closed: number[] = []
  for (const { connectedNs, endedNs } of records) {
    if (connectedNs === undefined || endedNs <= connectedNs) continue
    opened.push(connectedNs)
    closed.push(endedNs)
  }
  opened.sort((a, b) => a - b)
  closed.sort((a, b) => a - b)
  let peak = 0
  let ended = 0
  opened.forEach((instant, index) => {
    while ((closed[ended] as number) <= instant) ended++
    peak = Math.max(peak, index + 1 - ended)
  })
  return peak
}
