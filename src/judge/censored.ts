import type { StreamRecord } from '../model/record.ts'

/**
 * Percentiles, in ms, of a time that some streams never reached because they failed first. Each of those counts as longer than any
 * measured time (a right-censored value). A percentile that falls among them is undefined.
 */
export interface CensoredDistribution {
  /** All streams, censored ones included. */
  readonly n: number
  readonly censored: number
  readonly p50Ms?: number
  readonly p95Ms?: number
  readonly p99Ms?: number
}

/** Over streams that ended by themselves; undefined if no value is censored: then the plain distribution is complete. */
export function censoredOf(
  records: readonly StreamRecord[],
  time: (record: StreamRecord) => number | undefined,
): CensoredDistribution | undefined {
  const ended = records.filter(({ outcome }) => outcome.state !== 'aborted')
  const reached = ended.map(time).filter((ns) => ns !== undefined)
  const censored = ended.length - reached.length
  if (censored === 0) return undefined
  const sorted = Float64Array.from(reached).sort()
  // Nearest rank: nothing can be interpolated between a time and one that was never reached.
  const at = (p: number) => {
    const ns = sorted[Math.max(1, Math.ceil((p / 100) * ended.length)) - 1]
    return ns === undefined ? undefined : ns / 1e6
  }
  return { n: ended.length, censored, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) }
}
