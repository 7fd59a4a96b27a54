import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { openRaw, type RawConnection } from '../../test/fixtures/raw-connection.ts'
import { type Body, readBody } from './read-body.ts'

const limits = { sizeBytes: 10, idleMs: 60_000 }

/** Sends the head of a request with a chunked body; returns the connection and the request as the server sees it. */
async function startRequest(t: TestContext): Promise<[RawConnection, IncomingMessage]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const requested = once(server, 'request')
  const connection = await openRaw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  connection.socket.write('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n')
  const [request] = (await requested) as [IncomingMessage]
  return [connection, request]
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const textOf = (body: Body) => (typeof body === 'string' ? body : body.bytes.toString())

describe('a body', () => {
  for (const [title, sent, expected] of [
    ['at its limit is read, in any number of pieces', chunk('12345') + chunk('67890') + chunk(''), '1234567890'],
    ['above its limit is read to its end and discarded', chunk('12345') + chunk('678901') + chunk(''), 'too-large'],
    ['far above its limit is reported before its end', chunk('x'.repeat(41)), 'too-large'],
  ] as const) {
    it(title, async (t) => {
      const [connection, request] = await startRequest(t)
      connection.socket.write(sent)
      assert.equal(textOf(await readBody(request, limits)), expected)
    })
  }

  it('without new bytes times out', async (t) => {
    const [connection, request] = await startRequest(t)
    connection.socket.write(chunk('12345'))
    assert.equal(await readBody(request, { ...limits, idleMs: 5 }), 'idle')
  })

  it('is cut if its sender disconnects', async (t) => {
    const [connection, request] = await startRequest(t)
    const body = readBody(request, limits)
    connection.socket.destroy()
    assert.equal(await body, 'cut')
  })
})
