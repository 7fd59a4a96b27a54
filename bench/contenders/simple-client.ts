import type { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from '../../src/stats/histogram.ts'
import type { ClientReport, ClientTask } from '../messages.ts'
import { createEventCounter } from './event-counter.ts'
import { cpuUsSince } from './parent.ts'
import { peakRssMib } from './peak-rss.ts'

/** Opens one stream: gives each read to `onBytes`, and calls `onEnd` once with whether the body ended as HTTP wants it. */
export type Open = (stream: number, onBytes: (chunk: Buffer) => void, onEnd: (whole: boolean) => void) => void

/** A client's account; its histogram becomes plain data as it is sent. */
export type SimpleReport = Omit<ClientReport, 'interChunk'> & { readonly interChunk: Histogram }

/** Opens a task's streams, each when it is due, and counts what comes: all that the clients besides ours do. */
export async function runSimpleClient({ streams, rampMs, delayMs }: ClientTask, open: Open): Promise<SimpleReport> {
  let whole = 0
  let ended = 0
  let events = 0
  let bytes = 0
  const interChunk = new Histogram()
  const allEnded = Promise.withResolvers<void>()
  const before = process.cpuUsage()
  const beginMs = performance.now()
  for (let stream = 0; stream < streams; stream++) {
    const waitMs = beginMs + (stream * rampMs) / streams - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const count = createEventCounter()
    let lastMs: number | undefined
    let isPaced = false
    open(
      stream,
      (chunk) => {
        bytes += chunk.length
        const more = count(chunk)
        events += more
        // What ends the body brings no event.
        if (more === 0) return
        const nowMs = performance.now()
        const gapMs = nowMs - (lastMs ?? nowMs)
        // The first delta is due with the head: the pace begins after it.
        isPaced ||= gapMs > delayMs / 2
        if (isPaced) interChunk.record(gapMs * 1000)
        lastMs = nowMs
      },
      (isWhole) => {
        if (isWhole) whole++
        if (++ended === streams) allEnded.resolve()
      },
    )
  }
  await allEnded.promise
  return { cpuUs: cpuUsSince(before), peakRssMib: peakRssMib(), whole, events, bytes, interChunk }
}
