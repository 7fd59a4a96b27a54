import type { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientReport, ClientTask } from '../messages.ts'
import { createEventCounter } from './event-counter.ts'
import { cpuUsSince } from './parent.ts'
import { peakRssMib } from './peak-rss.ts'

/** Opens one stream: gives each read to `onBytes`, and calls `onEnd` once with whether the body ended as HTTP wants it. */
export type Open = (stream: number, onBytes: (chunk: Buffer) => void, onEnd: (whole: boolean) => void) => void

/** Opens a task's streams, each when it is due, and counts what comes: all that the clients besides ours do. */
export async function runSimpleClient({ streams, rampMs }: ClientTask, open: Open): Promise<ClientReport> {
  let whole = 0
  let ended = 0
  let events = 0
  let bytes = 0
  const allEnded = Promise.withResolvers<void>()
  const before = process.cpuUsage()
  const beginMs = performance.now()
  for (let stream = 0; stream < streams; stream++) {
    const waitMs = beginMs + (stream * rampMs) / streams - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const count = createEventCounter()
    open(
      stream,
      (chunk) => {
        bytes += chunk.length
        events += count(chunk)
      },
      (isWhole) => {
        if (isWhole) whole++
        if (++ended === streams) allEnded.resolve()
      },
    )
  }
  await allEnded.promise
  return { cpuUs: cpuUsSince(before), peakRssMib: peakRssMib(), whole, events, bytes }
}
