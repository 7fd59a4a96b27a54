import type { Buffer } from 'node:buffer'
import { setTimeout as sleep } from 'node:timers/promises'
import { Histogram } from '../../src/model/histogram.ts'
import type { ClientReport, ClientTask } from '../messages.ts'
import { createEventCounter } from './event-counter.ts'
import { cpuUsSince } from './parent.ts'
import { peakRssMib } from './peak-rss.ts'

/** Opens one stream: passes each read to `onBytes`, then calls `onEnd` once; `whole` if the HTTP body was complete. */
export type Open = (stream: number, onBytes: (chunk: Buffer) => void, onEnd: (whole: boolean) => void) => void

/** A client's report with the histogram itself, which is converted to plain data when it is sent. */
export type SimpleReport = Omit<ClientReport, 'interChunk'> & { readonly interChunk?: Histogram }

/** Opens a task's streams when they are due and counts what arrives. Clients other than ours do nothing else. */
export async function runSimpleClient({ streams, rampMs, isFollowed }: ClientTask, open: Open): Promise<SimpleReport> {
  let whole = 0
  let ended = 0
  let events = 0
  let bytes = 0
  const interChunk = isFollowed ? new Histogram() : undefined
  const allEnded = Promise.withResolvers<void>()
  const before = process.cpuUsage()
  const beginMs = performance.now()
  for (let stream = 0; stream < streams; stream++) {
    const waitMs = beginMs + (stream * rampMs) / streams - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    const count = createEventCounter()
    const follow = interChunk && createGapFollower(interChunk)
    open(
      stream,
      (chunk) => {
        bytes += chunk.length
        const more = count(chunk)
        events += more
        follow?.(more)
      },
      (isWhole) => {
        if (isWhole) whole++
        if (++ended === streams) allEnded.resolve()
      },
    )
  }
  await allEnded.promise
  return {
    cpuUs: cpuUsSince(before),
    peakRssMib: peakRssMib(),
    whole,
    events,
    bytes,
    ...(interChunk && { interChunk }),
  }
}

/** Takes the number of events of each read; records gaps after the opening and the first delta, which are sent together. */
function createGapFollower(gaps: Histogram): (events: number) => void {
  let seen = 0
  let lastMs = 0
  return (events) => {
    // The end of the body has no events.
    if (events === 0) return
    const nowMs = performance.now()
    if (seen >= 2) gaps.record((nowMs - lastMs) * 1000)
    seen += events
    lastMs = nowMs
  }
}
