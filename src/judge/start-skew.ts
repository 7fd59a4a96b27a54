import type { StreamRecord } from '../model/record.ts'

/**
 * How far the workers of the runner were apart at their beginning, in ms: each one's first start, counted from the instant at which
 * it was due, the last of them less the first. Undefined where fewer than two have started a stream.
 */
export function startSkewMs(records: readonly StreamRecord[], workers: number): number | undefined {
  const first = new Map<number, StreamRecord>()
  for (const record of records) {
    const worker = record.stream % workers
    const other = first.get(worker)
    if (other === undefined || record.startedNs < other.startedNs) first.set(worker, record)
  }
  if (first.size < 2) return undefined
  const latenessNs = [...first.values()].map(({ startedNs, intendedNs }) => startedNs - intendedNs)
  return (Math.max(...latenessNs) - Math.min(...latenessNs)) / 1e6
}
