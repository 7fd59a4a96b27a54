import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import type { Block } from '../plan/content.ts'
import type { PlanKey } from '../plan/key.ts'
import type { Script } from './dialect.ts'
import { fragmentsOf } from './fragments.ts'
import type { FollowedStream, Ledger } from './ledger.ts'
import { dueNs } from './schedule.ts'
import type { Waiting, Wheel } from './wheel.ts'

/** Deltas of one stream written in one go where it is late, before others get their turn. */
const deltasPerTurn = 32

/** What is played, and how fast. */
export interface Piece {
  readonly script: Script
  readonly key: Pick<PlanKey, 'seed' | 'stream' | 'content'>
  readonly blocks: readonly Block[]
  readonly delayMs: number
  /** What is told of the stream. */
  readonly truth: FollowedStream
}

/**
 * Plays a stream on a response whose head is set but not sent: the opening at once, delta i at start + i x delay, then the
 * end. A client that does not read holds its own stream up and no other.
 */
export function play(
  response: ServerResponse,
  { script, key, blocks, delayMs, truth }: Piece,
  wheel: Wheel,
  ledger: Ledger,
): void {
  // Under pipelining, the response has no socket until those before it have ended; the request has.
  const connection = response.req.socket
  const chunks = blocks.at(-1)?.to ?? 0
  const fragments = fragmentsOf(key, blocks, nowNs)
  let startNs = 0
  /** Its client did not read, and not all that was due meanwhile is written: it is late by its client's doing, not by ours. */
  let isHeldUp = false
  let sent = 0
  let isOver = false
  let waiting: Waiting | undefined

  const settle = (isWhole: boolean) => {
    if (isOver) return
    isOver = true
    if (waiting) wheel.cancel(waiting)
    connection.off('close', leave).off('end', leave)
    ledger.closed(isWhole)
    truth.state = isWhole ? 'served' : 'left'
    truth.endedNs = nowNs()
  }
  /** The client has gone, or has said that it sends no more, which ends an HTTP connection. */
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
  // Node 22 says `finish` of a response that was broken off as well.
  response.once('finish', () => settle(!connection.destroyed))
  if (!connection.writable) leave()
  else if (response.socket) begin()
  else response.once('socket', begin)
}

/** Writes a part of a body straight to its socket, at five sixths of the cost of `response.write`; returns its bytes. */
function writeBody(socket: Socket, text: string, isChunked: boolean): number {
  const sizeBytes = Buffer.byteLength(text)
  // Latin-1 is the cheapest to write, and right where each character is one byte.
  const encoding = sizeBytes === text.length ? 'latin1' : 'utf8'
  socket.write(isChunked ? `${sizeBytes.toString(16)}\r\n${text}\r\n` : text, encoding)
  return sizeBytes
}
