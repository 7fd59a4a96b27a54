import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { nowNs } from '../clock.ts'
import type { Ledger } from './ledger.ts'
import type { Script } from './script.ts'
import type { Wheel } from './wheel.ts'

/** Deltas of one stream written in one go where it is late, before others get their turn. */
const deltasPerTurn = 32

/** What is played, and how fast. */
export interface Piece {
  readonly script: Script
  readonly texts: Iterator<string>
  readonly chunks: number
  readonly delayMs: number
}

/**
 * Plays a stream: its head at once, delta i at start + i x delay, then its end. Deltas go to the socket as ready-made HTTP
 * chunks, which saves a fifth of `response.write`'s cost; a client that does not read holds its own stream up and no other.
 */
export async function play(
  response: ServerResponse,
  { script, texts, chunks, delayMs }: Piece,
  wheel: Wheel,
  ledger: Ledger,
): Promise<void> {
  ledger.opened()
  let whole = false
  response.once('finish', () => {
    whole = true
  })
  response.once('close', () => ledger.closed(whole))
  // A response to a pipelined request has its socket only when those before it have ended.
  const socket = response.socket ?? ((await once(response, 'socket'))[0] as NonNullable<ServerResponse['socket']>)
  const count = (text: string, events: number) => {
    ledger.eventsSent += events
    ledger.bytesSent += Buffer.byteLength(text)
  }
  const opening = script.opening.join('')
  response.write(opening)
  count(opening, script.opening.length)
  const startNs = nowNs()
  const said: string[] = []

  const turn = (now: number): void => {
    if (socket.destroyed) return
    for (let budget = deltasPerTurn; budget > 0; budget--) {
      const due = startNs + said.length * delayMs * 1e6
      if (said.length === chunks) {
        const closing = script.closing(said.join(''))
        const ending = closing.join('')
        count(ending, closing.length)
        response.end(ending)
        return
      }
      if (due > now) {
        wheel.at(due, turn)
        return
      }
      if (socket.writableNeedDrain) {
        socket.once('drain', () => turn(nowNs()))
        return
      }
      const text = texts.next().value as string
      const event = script.delta(text)
      const size = Buffer.byteLength(event)
      socket.write(`${size.toString(16)}\r\n${event}\r\n`, size === event.length ? 'latin1' : 'utf8')
      said.push(text)
      ledger.pacingError.record((now - due) / 1000)
      ledger.deltasSent++
      ledger.eventsSent++
      ledger.bytesSent += size
    }
    wheel.at(now, turn)
  }
  turn(startNs)
}
