import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import fc from 'fast-check'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
import { ask, parseEvents } from '../../test/fixtures/http-ask.ts'
import { openRaw, type RawConnection } from '../../test/fixtures/raw-connection.ts'
import { until } from '../../test/fixtures/until.ts'
import { Histogram } from '../model/histogram.ts'
import { chatDialect } from './chat-dialect.ts'
import { answerHead } from './dialect.ts'
import { Ledger } from './ledger.ts'
import { dueNs, play } from './play.ts'
import { Wheel } from './wheel.ts'

/** Long, so that few deltas fill the kernel's buffers. */
const model = 'm'.repeat(4000)
/** More bytes than the kernel buffers for a client that does not read. */
const chunksThatStick = 8000
const sizeThatSticks = chunksThatStick * model.length

/** Plays a stream as the request's query says: `chunks` deltas, `delayMs` between them, then `closingBytes`. */
async function testPlayer(t: TestContext) {
  const wheel = new Wheel()
  const ledger = new Ledger()
  const sockets: Socket[] = []
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://test')
    const parameter = (name: string) => Number(searchParams.get(name) ?? 0)
    const chunks = parameter('chunks')
    const closing = 'x'.repeat(parameter('closingBytes'))
    const head = answerHead({ key: { seed: 1, stream: 1 }, model, chunks, includeUsage: false })
    const script = { ...chatDialect.script(head), ...(closing && { closing: () => [closing] }) }
    sockets.push(request.socket)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    play(
      response,
      { script, key: head.key, blocks: head.blocks, delayMs: parameter('delayMs'), truth: ledger.attempted(1, 1) },
      wheel,
      ledger,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
    wheel.clear()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ledger, sockets }
}

/** Requests a stream and does not read it. */
async function openSlow(url: string, query: string): Promise<RawConnection> {
  const slow = await openRaw(url)
  slow.socket.pause()
  slow.socket.write(`GET /?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  return slow
}

describe('a stream whose client does not read', () => {
  it('waits with bounded memory, does not delay other streams, and completes when its client reads again', async (t) => {
    const { url, ledger, sockets } = await testPlayer(t)
    const slow = await openSlow(url, `chunks=${chunksThatStick}`)
    await until(() => ledger.deltasSent > 0)
    let before = -1
    // The slow stream is waiting once it sends no delta while another stream gets many turns.
    while (before !== ledger.deltasSent) {
      before = ledger.deltasSent + 500
      const concurrent = await ask(`${url}/?chunks=500`)
      assert.equal(concurrent.events.length, 503)
      assert.ok((sockets[0]?.writableLength ?? 0) < 100_000, `${sockets[0]?.writableLength} bytes wait in memory`)
    }
    assert.equal(ledger.stats().streamsOpen, 1)
    const pieces: Buffer[] = []
    slow.socket.on('data', (piece: Buffer) => pieces.push(piece)).resume()
    await until(() => pieces.at(-1)?.subarray(-5).toString() === '0\r\n\r\n')
    const { complete, body, trailingBytes } = decodeResponse(pieces)
    assert.ok(complete && trailingBytes === 0 && body.length > 1_000_000)
    assert.equal(parseEvents(body).length, chunksThatStick + 3)
    assert.equal(ledger.stats().streamsOpen, 0)
    assert.equal(ledger.stats().streamsAborted, 0)
  })

  for (const [how, leave] of [
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy()],
    ['closes its sending half, still without reading', (socket: Socket) => socket.end()],
  ] as const) {
    it(`is dropped when the client ${how}`, async (t) => {
      const { url, ledger, sockets } = await testPlayer(t)
      const slow = await openSlow(url, `chunks=${chunksThatStick}`)
      await until(() => sockets[0]?.writableNeedDrain === true)
      leave(slow.socket)
      await until(() => ledger.stats().streamsOpen === 0)
      assert.equal(ledger.stats().streamsAborted, 1)
      assert.equal(sockets[0]?.destroyed, true)
    })

    it(`is not counted as served when the client ${how} before the last bytes are sent`, async (t) => {
      const { url, ledger, sockets } = await testPlayer(t)
      const slow = await openSlow(url, `closingBytes=${sizeThatSticks}`)
      await until(() => ledger.bytesSent > sizeThatSticks && (sockets[0]?.writableLength ?? 0) > 0)
      assert.equal(ledger.stats().streamsServed, 0)
      leave(slow.socket)
      await until(() => ledger.stats().streamsOpen === 0)
      assert.equal(ledger.stats().streamsServed, 0)
      assert.equal(ledger.stats().streamsAborted, 1)
    })
  }
})

describe('a connection that has carried many streams', () => {
  it('keeps none of their listeners', async (t) => {
    const { url, ledger, sockets } = await testPlayer(t)
    const connection = await openRaw(url)
    const listeners: (readonly number[])[] = []
    for (let i = 1; i <= 5; i++) {
      connection.socket.write('GET /?chunks=1 HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await until(() => ledger.stats().streamsServed === i)
      listeners.push(['close', 'end', 'drain'].map((name) => sockets[0]?.listenerCount(name) ?? 0))
    }
    assert.deepEqual(listeners.at(-1), listeners[0])
  })
})

describe('the pace of a stream', () => {
  it('follows the due times, so that a late delta does not delay later ones', async (t) => {
    const { url, ledger } = await testPlayer(t)
    const connection = await openRaw(url)
    connection.socket.write('GET /?chunks=30&delayMs=10 HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await connection.until((text) => /"content":"~/.test(text))
    const untilMs = performance.now() + 55
    while (performance.now() < untilMs);
    await connection.until((text) => text.includes('[DONE]'))
    const pacing = Histogram.from(ledger.stats().pacingError)
    // Five deltas became due during the pause. They are written at once, and later ones are on time.
    assert.ok((pacing.maxUs ?? 0) > 40_000)
    assert.ok((pacing.quantile(0.5) ?? 0) < 40_000, 'most are not as late as the one that was held up')
  })
})

describe('the pacing error', () => {
  it('does not include deltas that are late because their client did not read', async (t) => {
    const { url, ledger, sockets } = await testPlayer(t)
    const slow = await openSlow(url, `chunks=${chunksThatStick}&delayMs=0.01`)
    await until(() => sockets[0]?.writableNeedDrain === true && (sockets[0]?.writableLength ?? 0) > 0)
    const heldMs = 600
    const untilMs = performance.now() + heldMs
    // Until then the kernel may still accept some of the data.
    await until(() => performance.now() >= untilMs)
    assert.ok(ledger.deltasSent < chunksThatStick)
    slow.socket.resume()
    await until(() => ledger.stats().streamsServed === 1)
    const pacing = Histogram.from(ledger.stats().pacingError)
    assert.equal(ledger.deltasSent, chunksThatStick)
    assert.ok(pacing.n > 0 && pacing.n < chunksThatStick, `${pacing.n} deltas`)
    assert.ok((pacing.maxUs ?? 0) < heldMs * 1000, `${pacing.maxUs} us at most`)
  })
})

describe('the schedule of a stream', () => {
  it('has each delta due at start + i * delay, without accumulated errors', () => {
    assert.equal(dueNs(5, 0, 50), 5)
    assert.equal(dueNs(5, 1, 50), 50_000_005)
    assert.equal(dueNs(5, 999_999, 50), 49_999_950_000_005)
    assert.equal(dueNs(7, 3, 0.1), 300_007)
    assert.equal(dueNs(7, 1_000_000, 0.1), 100_000_000_007)
  })

  it('never goes back, for any delay', () => {
    const delayMs = fc.double({ min: 0, max: 1000, noNaN: true })
    fc.assert(fc.property(delayMs, fc.nat(1_000_000), (delayMs, i) => dueNs(0, i, delayMs) <= dueNs(0, i + 1, delayMs)))
  })

  it('has all deltas due at once if there is no delay', () => {
    assert.equal(dueNs(9, 1_000_000, 0), 9)
  })
})
