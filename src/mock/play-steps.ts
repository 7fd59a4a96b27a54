import { Buffer } from 'node:buffer'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { nowNs } from '../base/clock.ts'
import type { Bytes, EventStep, Step } from '../fault/step.ts'
import type { FollowedStream, Ledger } from './ledger.ts'
import { dueNs } from './play.ts'
import type { Waiting, Wheel } from './wheel.ts'

/** The steps to play, and their pace. */
interface FaultyStream {
  readonly steps: readonly Step[]
  readonly delayMs: number
  readonly truth: FollowedStream
}

/**
 * Plays an answer step by step directly on the connection: most faults cannot be written through a `ServerResponse`. The
 * connection ends with the answer.
 */
export function playSteps(
  response: ServerResponse,
  { steps, delayMs, truth }: FaultyStream,
  wheel: Wheel,
  ledger: Ledger,
): void {
  const connection = response.req.socket
  const canChunk = response.req.httpVersion === '1.1'
  // After `connection: close`, some clients (older versions of undici) mistake a cut connection for the end of the body.
  const isCut = ['fin', 'rst'].includes(steps.at(-1)?.do ?? '')
  let isChunked = false
  let startNs = 0
  let next = 0
  let isOver = false
  let waiting: Waiting | undefined

  const settle = (state: 'served' | 'left') => {
    if (isOver) return
    isOver = true
    if (waiting) wheel.cancel(waiting)
    ledger.closed(state === 'served')
    truth.state = state
    truth.endedNs = nowNs()
  }
  const leave = () => {
    settle('left')
    connection.destroy()
  }
  const waitUntil = (ns: number, act: () => void) => {
    waiting = wheel.at(ns, act)
  }

  const go = (): void => {
    while (!isOver) {
      const step = steps[next]
      if (!step) return
      if (connection.writableNeedDrain) {
        connection.once('drain', go)
        return
      }
      if (step.do === 'event' && step.role === 'delta') {
        const due = dueNs(startNs, step.delta, delayMs)
        if (due > nowNs()) {
          waitUntil(due, go)
          return
        }
      }
      next++
      if (!act(step)) return
    }
  }

  /** Plays one step; returns whether the next may follow at once. */
  const act = (step: Step): boolean => {
    switch (step.do) {
      case 'head':
        isChunked = canChunk && step.status !== 204 && step.headers['content-length'] === undefined
        connection.write(
          headText(step.status, isCut ? step.headers : { connection: 'close', ...step.headers }, isChunked),
        )
        return true
      case 'event':
        return sendEvent(step)
      case 'body':
        send(step.bytes)
        return true
      case 'raw':
        connection.write(step.bytes())
        return true
      case 'wait':
        // The wait postpones everything after it.
        startNs += step.ms * 1e6
        waitUntil(nowNs() + step.ms * 1e6, go)
        return false
      case 'hold':
        if (step.commentEveryMs !== undefined) keepAlive(step.commentEveryMs)
        return false
      case 'end':
        if (isChunked) connection.write('0\r\n\r\n')
        settle('served')
        connection.end()
        return false
      case 'fin':
        settle('served')
        connection.end()
        return false
      case 'rst':
        settle('served')
        connection.resetAndDestroy()
        return false
    }
  }

  const keepAlive = (everyMs: number) => {
    waitUntil(nowNs() + everyMs * 1e6, () => {
      send(() => ': keep-alive\n\n')
      keepAlive(everyMs)
    })
  }

  const sendEvent = (step: EventStep): boolean => {
    if (step.role === 'delta') ledger.deltasSent++
    ledger.eventsSent++
    if (step.byteGapMs === undefined) {
      send(step.text)
      return true
    }
    const bytes = Buffer.from(step.text())
    if (step.byteGapMs === 0) {
      for (let at = 0; at < bytes.length; at++) send(() => bytes.subarray(at, at + 1))
      return true
    }
    drip(bytes, 0, step.byteGapMs)
    return false
  }

  const drip = (bytes: Buffer, at: number, gapMs: number) => {
    if (at === bytes.length) {
      go()
      return
    }
    send(() => bytes.subarray(at, at + 1))
    waitUntil(nowNs() + gapMs * 1e6, () => drip(bytes, at + 1, gapMs))
  }

  const send = (make: Bytes) => {
    const made = make()
    const bytes = typeof made === 'string' ? Buffer.from(made) : made
    // An empty chunk would end the body.
    if (bytes.length === 0) return
    ledger.bytesSent += bytes.length
    if (isChunked) connection.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, crlf]))
    else connection.write(bytes)
  }

  const begin = () => {
    if (isOver) return
    startNs = nowNs()
    go()
  }

  ledger.opened()
  connection.once('close', leave).once('end', leave)
  if (!connection.writable) leave()
  else if (response.socket) begin()
  else response.once('socket', begin)
}

const crlf = Buffer.from('\r\n')

function headText(status: number, headers: Readonly<Record<string, string>>, isChunked: boolean): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(isChunked ? ['transfer-encoding: chunked'] : []),
    '\r\n',
  ].join('\r\n')
}
