import { Histogram } from '../../src/model/histogram.ts'

/**
 * By how much what a client measures differs from what the mock did, by the mock's own stamps on the one clock: for the first
 * delta of a stream its transit, which is in its TTFT; for a gap, that of its second delta less that of its first.
 */
export interface ClockErrors {
  readonly ttft: Histogram
  /** Sizes, without their sign. */
  readonly gap: Histogram
  readonly onTransit: (stream: number, us: number) => void
}

/** Follows the deltas of so many streams. */
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
