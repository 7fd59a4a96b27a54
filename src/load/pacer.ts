/** When each stream is meant to start, in ms after the load's start: all at once, or spread evenly over `rampMs`. */
export function intendedStartMs(stream: number, streams: number, rampMs: number): number {
  return (stream * rampMs) / streams
}
