import { Histogram } from '../../src/model/histogram.ts'

/**
 * The difference between what a client measures and what the mock did, from the mock's stamps on the same clock. For the first
 * delta of a stream it is the transit, which is part of the TTFT; for a gap it is the change of the transit between its deltas.
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
