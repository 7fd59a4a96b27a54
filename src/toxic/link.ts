import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import type { DrawnToxic } from './draw-toxics.ts'
import { reset } from './reset.ts'
import type { Link, Sink } from './toxic.ts'
import { attachToxic } from './toxics.ts'

/** What toxics hold of one direction's bytes before its source is read no further. */
export const heldLimitBytes: number = 256 * 1024

/** One direction of a connection: where its bytes come from, what they pass in which order, where they go. */
export interface LinkOptions {
  readonly source: Socket
  readonly destination: Socket
  readonly toxics: readonly DrawnToxic[]
  /** Ends both directions at once. */
  readonly cut: (how: 'close' | 'reset') => void
}

/** A direction that is open. */
export interface OpenLink {
  /** Ends it without a word to its destination; what its source still sends is dropped. */
  stop(): void
}

/**
 * Carries bytes from one socket to another through toxics. An end is passed on as an end; a reset as a reset, once what came
 * before it is through the toxics. A destination that does not read stops its source; so do toxics that hold too much.
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
    // What comes now is dropped, and its end is seen.
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
          // Timers count in ms of their own and may be early by a part of one.
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
      else reset(destination)
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
    if (state === 'ended') reset(destination)
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
