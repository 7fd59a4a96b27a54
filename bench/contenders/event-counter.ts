import type { Buffer } from 'node:buffer'

const LF = 10

/** Counts the events of one stream by their blank lines (LF LF), which is the cheapest way to separate them. */
export function createEventCounter(): (chunk: Buffer) => number {
  let endedInLf = false
  return (chunk) => {
    if (chunk.length === 0) return 0
    let events = 0
    let at = 0
    if (endedInLf && chunk[0] === LF) {
      events++
      at = 1
    }
    for (;;) {
      const end = chunk.indexOf('\n\n', at, 'latin1')
      if (end < 0) break
      events++
      at = end + 2
    }
    endedInLf = at < chunk.length && chunk[chunk.length - 1] === LF
    return events
  }
}
