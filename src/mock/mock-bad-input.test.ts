import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask } from '../../test/fixtures/http-ask.ts'
import { streamBody, testMock } from '../../test/fixtures/mock-asks.ts'
import { openRaw, postText } from '../../test/fixtures/raw-connection.ts'
import { endpoints } from './endpoints.ts'
import { mockLimits } from './mock.ts'

/** Asserts that a body is an error in the format of the path's provider. */
function assertError(path: string, text: string, says: RegExp): void {
  const { type, error } = JSON.parse(text)
  if (path.startsWith('/v1/messages')) assert.equal(type, 'error')
  else assert.deepEqual(Object.keys(error), ['message', 'type', 'param', 'code'])
  assert.equal(typeof error.type, 'string')
  assert.match(error.message, says)
}

const user = { role: 'user', content: 'x' }
const nowhere = { model: 'm', max_tokens: 5 }
const badBodies: readonly (readonly [what: string, body: unknown, says: RegExp])[] = [
  ['that is not JSON', '{"model":', /not JSON/],
  ['that is empty', '', /not JSON/],
  ['that is not an object', '[]', /object/],
  ['that is null', 'null', /object/],
  ['without its messages', nowhere, /messages|input/],
  ['with an empty list of messages', { ...nowhere, messages: [], input: [] }, /messages|input/],
  ['whose messages are not a list', { ...nowhere, messages: 5, input: 5 }, /messages|input/],
  [
    'whose messages are nested too deeply',
    `{"model":"m","max_tokens":5,"messages":${'['.repeat(1e6)}${']'.repeat(1e6)},"input":${'['.repeat(1e6)}${']'.repeat(1e6)}}`,
    /nests deeper than 256/,
  ],
  [
    'whose content is a number',
    { ...nowhere, messages: [{ ...user, content: 5 }], input: [{ ...user, content: 5 }] },
    /content|input/,
  ],
  [
    'whose text part is not a string',
    { ...nowhere, messages: [{ ...user, content: [{ text: 5 }] }], input: [{ ...user, content: [{ text: 5 }] }] },
    /content|input/,
  ],
  ['without a model', { max_tokens: 5, messages: [user], input: 'x' }, /model/],
  ['whose stream is not a boolean', { ...nowhere, messages: [user], input: 'x', stream: 'yes' }, /stream/],
]

for (const path of endpoints.keys()) {
  describe(`the mock at ${path}`, () => {
    for (const [what, body, says] of badBodies) {
      it(`responds to a body ${what} with 400 in the provider's format`, async (t) => {
        const mock = await testMock(t)
        const { status, text } = await ask(mock.url + path, body)
        assert.equal(status, 400, text)
        assertError(path, text, says)
        assert.equal(mock.stats().requests, 1)
        assert.equal(mock.stats().streamsOpen, 0)
      })
    }

    it('responds to a wrong method with 405 and the allowed method', async (t) => {
      const mock = await testMock(t)
      for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
        const { status, headers, text } = await ask(mock.url + path, undefined, method)
        assert.equal(status, 405)
        assert.equal(headers['allow'], 'POST')
        if (method !== 'HEAD') assertError(path, text, new RegExp(method))
      }
    })

    it('responds to a body above the limit with 413, and accepts a body at the limit', async (t) => {
      const mock = await testMock(t)
      const over = await ask(mock.url + path, 'x'.repeat(mockLimits.bodyBytes + 1))
      assert.equal(over.status, 413)
      assertError(path, over.text, /10485760 bytes/)
      const { status } = await ask(mock.url + path, 'x'.repeat(mockLimits.bodyBytes))
      assert.equal(status, 400)
    })

    it('responds to an encoded body with 415', async (t) => {
      const mock = await testMock(t)
      const connection = await openRaw(mock.url)
      const request = postText(path, '{}').replace('Host: localhost', 'Host: localhost\r\nContent-Encoding: gzip')
      connection.socket.write(request)
      const text = await connection.ended()
      assert.match(text, /^HTTP\/1\.1 415 /)
      assertError(path, text.split('\r\n\r\n')[1] as string, /gzip/)
    })
  })
}

describe('a request to the mock', () => {
  it('gets 404 in the format of the provider that the path resembles', async (t) => {
    const mock = await testMock(t)
    for (const path of [
      '/',
      '/v1/messages/count_tokens',
      '/v1/messages/',
      '/V1/Responses',
      '/v1/models',
      '/__proto__',
      '//x',
      '/%ff',
      '/__mock',
    ]) {
      const { status, text } = await ask(mock.url + path, {})
      assert.equal(status, 404, path)
      assertError(path, text, /not found: /)
    }
  })

  it('gets 405 at /health and /__mock/stats if its method is not allowed', async (t) => {
    const mock = await testMock(t)
    assert.equal((await ask(`${mock.url}/health`, {})).headers['allow'], 'GET, HEAD')
    const { status, headers } = await ask(`${mock.url}/__mock/stats`, {})
    assert.equal(status, 405)
    assert.equal(headers['allow'], 'GET, HEAD, DELETE')
  })

  it('gets 413 and a closed connection if its body never ends', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.write(
      'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const piece = `100000\r\n${'x'.repeat(0x100000)}\r\n`
    let isOver = false
    const over = connection.ended().finally(() => {
      isOver = true
    })
    for (let i = 0; i < 100 && !isOver; i++) await new Promise((resolve) => connection.socket.write(piece, resolve))
    assert.match(await over, /^HTTP\/1\.1 413 /)
  })

  it('gets 431 and a closed connection if its headers are too large', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.write(
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(mockLimits.headerBytes)}\r\n\r\n`,
    )
    const text = await connection.ended()
    assert.match(text, /^HTTP\/1\.1 431 /)
    assertError('/', text.split('\r\n\r\n')[1] as string, /headers/)
  })

  for (const [what, bytes] of [
    ['not HTTP', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a header without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n'],
    ['two lengths', 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    [
      'a chunk without a size',
      'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ] as const) {
    it(`gets 400 and a closed connection if it is ${what}`, async (t) => {
      const mock = await testMock(t)
      const connection = await openRaw(mock.url)
      connection.socket.write(bytes, 'latin1')
      const text = await connection.ended()
      assert.match(text, /^HTTP\/1\.1 400 /)
      assertError('/', text.split('\r\n\r\n')[1] as string, /not valid HTTP/)
    })
  }

  for (const [what, bytes, status, says] of [
    ['without a Host header', 'GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n', 404, /nowhere/],
    ['with an unsupported expectation', 'POST / HTTP/1.1\r\nHost: localhost\r\nExpect: banana\r\n\r\n', 417, /Expect/],
    ['for a tunnel', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 405, /CONNECT/],
  ] as const) {
    it(`${what} gets ${status} with a JSON body`, async (t) => {
      const mock = await testMock(t)
      const connection = await openRaw(mock.url)
      connection.socket.write(bytes)
      const text = await connection.ended()
      assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `))
      assertError('/', text.split('\r\n\r\n')[1] as string, says)
    })
  }

  it('that is not HTTP ends an open stream on its connection without writing into it', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    const body = streamBody('anthropic-messages', '[plan seed=1 stream=1 chunks=9 delay_ms=60000]')
    connection.socket.write(postText('/v1/messages', body))
    await connection.until((text) => text.includes('content_block_delta'))
    connection.socket.write('garbage\r\n\r\n')
    assert.doesNotMatch(await connection.ended(), /400|not HTTP/)
    assert.equal(mock.stats().streamsAborted, 1)
    assert.equal(mock.stats().streamsOpen, 0)
  })

  it('does not affect other requests if it is invalid', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.write(postText('/v1/messages', '{"model').replace('model', 'model and more').slice(0, -3))
    connection.socket.resetAndDestroy()
    await connection.ended()
    assert.equal((await ask(`${mock.url}/health`)).text, 'ok')
  })
})
