import { Histogram } from '../../src/model/histogram.ts'

/**
 * The errors of a client's times, relative to the mock's stamps on the same clock. The error of a TTFT is the transit of the
 * first delta. The error of a gap is the change in transit between its two deltas.
 */
export interface ClockErrors {
  readonly ttft: Histogram
  /** Absolute values. */
  readonly gap: Histogram
  readonly onTransit: (stream: number, us: number) => void
}

/** Follows the deltas of this many streams. */
export function createClockErrors(streams: number): ClockErrors {
  const [ttft, gap] = [new Histogram(), new Histogram()]
  const last = new Float64Array(streams).fill(Number.NaN)
  return {
    ttft,
    gap,
    onTransit(stream, us) {
      const before = last[stream] as number
      last[stream] = us
      if (Number.isNaN(before)) ttft.record(us)
      else gap.record(Math.abs(us - before))
    },
  }
}
