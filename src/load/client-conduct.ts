import type { Socket } from 'node:net'
import type { ClientFaultName } from '../fault/client-fault.ts'

/** How long a client that stalls reads nothing, and one that is slow between two reads, in ms. */
const pausesMs: Readonly<Record<Exclude<ClientFaultName, 'abort'>, number>> = { 'slow-read': 100, 'stall-read': 30_000 }

/** How long after the planned instant a client leaves that has not seen what it was to wait for, in ms. */
const graceMs = 2000

/** What one client is to do, and when. */
export interface Conduct {
  readonly text: string
  readonly name: ClientFaultName
  /** What the stream has to have reached; a number is one of deltas. */
  readonly point: 'sent' | 'headers' | 'over' | number
  /** When that is planned to be, in ms from the start. */
  readonly dueMs: number
}

/** Acts for a client as its stream gets on. */
export interface Conductor {
  /** The stream has come that far. */
  readonly reached: (point: 'sent' | 'headers' | 'over' | number) => void
  /** A read has come. */
  readonly read: () => void
  /** Since when, on the clock of `performance.now()`, silence is not the gateway's; 0 where it is. */
  readonly pausedUntilMs: () => number
  readonly stop: () => void
}

/** Makes the conductor of one stream's client; `leave` ends the stream. */
export function conductClient({ name, point, dueMs }: Conduct, socket: Socket, leave: () => void): Conductor {
  let isReached = false
  let isPaused = false
  let untilMs = 0
  let timer = name === 'abort' ? setTimeout(leave, dueMs + graceMs) : undefined

  const pause = (ms: number) => {
    if (isPaused || socket.destroyed) return
    isPaused = true
    untilMs = performance.now() + ms
    socket.pause()
    timer = setTimeout(() => {
      isPaused = false
      socket.resume()
    }, ms)
  }
  return {
    reached: (at) => {
      if (isReached || (typeof at === 'number' ? typeof point !== 'number' || at < point : at !== point)) return
      isReached = true
      if (name === 'abort') leave()
      else pause(pausesMs[name])
    },
    read: () => {
      if (isReached && name === 'slow-read') pause(pausesMs[name])
    },
    pausedUntilMs: () => untilMs,
    stop: () => clearTimeout(timer),
  }
}
