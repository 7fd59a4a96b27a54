/** The instant, in ns, at which delta `i` of a stream is due: counted from the stream's start, so that no lateness adds up. */
export function dueNs(startNs: number, i: number, delayMs: number): number {
  return startNs + Math.round(i * delayMs * 1e6)
}
