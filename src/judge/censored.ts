import type { StreamRecord } from '../model/record.ts'

/**
 * Percentiles, in ms, of a time that some streams did not live to see: each of those counts as longer than any that did
 * (a value censored on the right). One that lies among them is absent: it was never reached.
 */
export interface CensoredDistribution {
  /** All streams, those that failed first among them. */
  readonly n: number
  readonly censored: number
  readonly p50Ms?: number
  readonly p95Ms?: number
  readonly p99Ms?: number
}

/** Over streams that ended by themselves; undefined where no value is censored, as the plain distribution says it all then. */
export function censoredOf(
  records: readonly StreamRecord[],
  time: (record: StreamRecord) => number | undefined,
): CensoredDistribution | undefined {
  const ended = records.filter(({ outcome }) => outcome.state !== 'aborted')
  const reached = ended.map(time).filter((ns) => ns !== undefined)
  const censored = ended.length - reached.length
  if (censored === 0) return undefined
  const sorted = Float64Array.from(reached).sort()
  // The nearest rank: between a time and one that never came, nothing can be interpolated.
  const at = (p: number) => {
    const ns = sorted[Math.max(1, Math.ceil((p / 100) * ended.length)) - 1]
    return ns === undefined ? undefined : ns / 1e6
  }
  const [p50Ms, p95Ms, p99Ms] = [at(50), at(95), at(99)]
  return {
    n: ended.length,
    censored,
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p95Ms !== undefined && { p95Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  }
}
