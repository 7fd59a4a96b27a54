import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import { resetSocket } from '../base/close-socket.ts'
import type { Link, Sink } from './toxic.ts'
import { attachToxic, type DrawnToxic } from './toxics.ts'

/** Bytes that the toxics of one direction may hold before the source is paused. */
export const heldLimitBytes: number = 256 * 1024

/** One direction of a connection: its source, its toxics in order, and its destination. */
interface LinkOptions {
  readonly source: Socket
  readonly destination: Socket
  readonly toxics: readonly DrawnToxic[]
  /** Closes the connection, both directions. */
  readonly cut: (how: 'close' | 'reset') => void
}

/** An open direction. */
interface OpenLink {
  /** Stops it without closing its destination; further bytes of its source are dropped. */
  stop(): void
}

/**
 * Carries bytes from one socket to another through toxics. A FIN is passed on as a FIN, a reset as a reset, after the bytes
 * before it. The source is paused while its destination does not read, or while the toxics hold too many bytes.
 */
export function openLink({ source, destination, toxics, cut }: LinkOptions): OpenLink {
  let state: 'open' | 'ended' | 'stopped' = 'open'
  let ending: 'end' | 'reset' | 'close' = 'end'
  let hasSourceEnded = false
  let heldBytes = 0
  const timers = new Set<NodeJS.Timeout>()

  const leave = (next: 'ended' | 'stopped') => {
    state = next
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    source.off('data', take)
    destination.off('drain', flow)
    // Keep reading and drop the bytes, so that the end of the source is noticed.
    source.resume()
  }
  const isFull = () => destination.writableNeedDrain || heldBytes > heldLimitBytes
  const flow = () => {
    if (source.isPaused() && state === 'open' && !isFull()) source.resume()
  }
  const take = (bytes: Buffer) => {
    heldBytes += bytes.length
    first.push(bytes)
    if (state === 'open' && isFull()) source.pause()
  }

  const link: Link = {
    at(dueNs, act) {
      if (state !== 'open') return
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          // Timers may fire a fraction of a millisecond early.
          if (nowNs() < dueNs) link.at(dueNs, act)
          else act()
        },
        Math.max(1, Math.ceil((dueNs - nowNs()) / 1e6)),
      )
      timers.add(timer)
    },
    hold(sizeBytes) {
      heldBytes += sizeBytes
    },
    release(sizeBytes) {
      heldBytes -= sizeBytes
      flow()
    },
    closeAtEnd() {
      ending = 'close'
    },
    cut(how) {
      if (state === 'open') cut(how)
    },
  }
  const last: Sink = {
    push(bytes) {
      if (state !== 'open') return
      destination.write(bytes)
      link.release(bytes.length)
    },
    end() {
      if (state !== 'open') return
      if (ending === 'close') return cut('close')
      leave('ended')
      if (ending === 'end') destination.end()
      else resetSocket(destination)
    },
  }
  const first = toxics.reduceRight((next, { toxic, random }) => attachToxic(toxic, next, link, random), last)

  source.on('data', take)
  destination.on('drain', flow)
  source.once('end', () => {
    hasSourceEnded = true
    if (state === 'open') first.end()
  })
  source.once('close', () => {
    if (source.readableEnded && source.writableFinished) return
    if (state === 'ended') resetSocket(destination)
    if (state !== 'open' || ending === 'close') return
    ending = 'reset'
    if (!hasSourceEnded) first.end()
  })
  destination.once('close', () => {
    if (state === 'open') leave('ended')
  })
  return {
    stop() {
      if (state !== 'stopped') leave('stopped')
    },
  }
}
