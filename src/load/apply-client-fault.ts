import type { Socket } from 'node:net'
import type { ClientFaultName } from '../fault/client-fault.ts'

/** Pause of a slow client after each read, and of a stalled client, in ms. */
const pausesMs: Readonly<Record<Exclude<ClientFaultName, 'abort'>, number>> = { 'slow-read': 100, 'stall-read': 30_000 }

/** How long after the planned time a client disconnects even if the stream has not reached the fault's point, in ms. */
const graceMs = 2000

/** A fault of one client, and when it applies. */
export interface PlannedClientFault {
  /** The fault as `--client-fault` spells it. */
  readonly text: string
  readonly name: ClientFaultName
  readonly point: FaultPoint
  /** When the stream is planned to reach the point, in ms from its start. */
  readonly dueMs: number
}

/** The progress that triggers a fault: request sent, headers received, terminal event received, or a number of deltas. */
type FaultPoint = 'sent' | 'headers' | 'over' | number

/** A client fault that follows the progress of its stream. */
export interface ClientFaultPlayer {
  /** Call when the stream has reached a point. */
  readonly reached: (point: FaultPoint) => void
  /** Call when the stream has read from its socket. */
  readonly read: () => void
  /** Until when (`performance.now()`) the client itself is pausing; 0 if it is not. */
  readonly pausedUntilMs: () => number
  readonly stop: () => void
}

/** Starts playing a client fault on a stream's socket; `disconnect` ends the stream. */
export function applyClientFault(
  { name, point, dueMs }: PlannedClientFault,
  socket: Socket,
  disconnect: () => void,
): ClientFaultPlayer {
  let isReached = false
  let isPaused = false
  let untilMs = 0
  let timer = name === 'abort' ? setTimeout(disconnect, dueMs + graceMs) : undefined

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
      if (name === 'abort') disconnect()
      else pause(pausesMs[name])
    },
    read: () => {
      if (isReached && name === 'slow-read') pause(pausesMs[name])
    },
    pausedUntilMs: () => untilMs,
    stop: () => clearTimeout(timer),
  }
}
