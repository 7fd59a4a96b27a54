import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import type { Block } from '../plan/content.ts'
import type { TextKey } from '../plan/key.ts'
import type { Script } from './dialect.ts'
import { streamFragments } from './fragments.ts'
import type { FollowedStream, Ledger } from './ledger.ts'
import type { Waiting, Wheel } from './wheel.ts'

/** Deltas that a late stream writes before other streams get their turn. */
const deltasPerTurn = 32

/** The stream to play, and its pace. */
interface PlayedStream {
  readonly script: Script
  readonly key: TextKey
  readonly blocks: readonly Block[]
  readonly delayMs: number
  /** Its entry in the ledger. */
  readonly truth: FollowedStream
}

/**
 * Plays a stream on a response whose head is set but not sent: the opening at once, delta i at start + i * delay, then the end.
 * A client that does not read only delays its own stream.
 */
export function play(
  response: ServerResponse,
  { script, key, blocks, delayMs, truth }: PlayedStream,
  wheel: Wheel,
  ledger: Ledger,
): void {
  // With pipelining, a response has no socket until the previous ones have ended, but its request has one.
  const connection = response.req.socket
  const chunks = blocks.at(-1)?.to ?? 0
  const fragments = streamFragments(key, blocks, nowNs, script.blockAt)
  let startNs = 0
  /** The client did not read, and some deltas that became due meanwhile are not written yet: the client makes them late. */
  let isHeldUp = false
  let sent = 0
  let isOver = false
  let waiting: Waiting | undefined

  const settle = (isComplete: boolean) => {
    if (isOver) return
    isOver = true
    if (waiting) wheel.cancel(waiting)
    connection.off('close', leave).off('end', leave)
    ledger.closed(isComplete)
    truth.state = isComplete ? 'served' : 'left'
    truth.endedNs = nowNs()
  }
  /** The client closed the connection, or its sending half. */
  const leave = () => {
    settle(false)
    connection.destroy()
  }

  const begin = () => {
    if (isOver) return
    startNs = nowNs()
    connection.cork()
    response.flushHeaders()
    for (const event of script.opening) send(event)
    turn()
    connection.uncork()
  }

  const turn = (): void => {
    for (let budget = deltasPerTurn; budget > 0; budget--) {
      if (isOver) return
      const due = dueNs(startNs, sent, delayMs)
      const now = nowNs()
      if (sent < chunks && due > now) {
        isHeldUp = false
        waiting = wheel.at(due, turn)
        return
      }
      if (connection.writableNeedDrain) {
        isHeldUp = true
        connection.once('drain', turn)
        return
      }
      if (sent === chunks) {
        end()
        return
      }
      const before = script.before(sent)
      for (let at = 0; at < before.length; at++) send(before[at] as string)
      send(script.delta(fragments.next().value as string, sent))
      if (!isHeldUp) ledger.pacingError.record((now - due) / 1000)
      ledger.deltasSent++
      sent++
    }
    wheel.soon(turn)
  }

  const end = () => {
    connection.cork()
    for (const event of script.closing()) send(event)
    response.end()
    connection.uncork()
  }

  const send = (event: string) => {
    ledger.eventsSent++
    ledger.bytesSent += writeBody(connection, event, response.chunkedEncoding)
  }

  ledger.opened()
  connection.once('close', leave).once('end', leave)
  // Node.js also emits `finish` for a response that was cut off.
  response.once('finish', () => settle(!connection.destroyed))
  if (!connection.writable) leave()
  else if (response.socket) begin()
  else response.once('socket', begin)
}

/** Writes part of a body directly to the socket, which costs a sixth less than `response.write`; returns its size in bytes. */
function writeBody(socket: Socket, text: string, isChunked: boolean): number {
  const sizeBytes = Buffer.byteLength(text)
  // Latin-1 is the cheapest encoding, and correct if every character is one byte.
  const encoding = sizeBytes === text.length ? 'latin1' : 'utf8'
  socket.write(isChunked ? `${sizeBytes.toString(16)}\r\n${text}\r\n` : text, encoding)
  return sizeBytes
}

/** When delta `i` is due, in ns. Relative to the stream's start, so that delays do not accumulate. */
export function dueNs(startNs: number, i: number, delayMs: number): number {
  return startNs + Math.round(i * delayMs * 1e6)
}
