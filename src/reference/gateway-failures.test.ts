import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { readStream, startGatewayBetween, streamRequest } from '../../test/fixtures/gateway-between.ts'
import { ask } from '../../test/fixtures/http-ask.ts'
import { chunk, done, type ScriptedRequest, textStream } from '../../test/fixtures/scripted-upstream.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { protocols } from '../protocol/protocols.ts'
import { startReferenceGateway } from './reference-gateway.ts'

const begun = chunk({ role: 'assistant', content: 'begun ' })
const sse = { 'content-type': 'text/event-stream' }

/** Writes the beginning of a stream, and resolves when it is being sent. */
async function begin({ response }: ScriptedRequest, text = begun): Promise<void> {
  response.writeHead(200, sse)
  await new Promise<void>((resolve) => response.write(text, () => resolve()))
}

const cuts: Readonly<Record<string, { reason: string; play: (exchange: ScriptedRequest) => unknown }>> = {
  'a clean end without finish_reason and [DONE]': {
    reason: 'upstream_truncated',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end()
    },
  },
  '[DONE] without a finish_reason': {
    reason: 'upstream_truncated',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(done)
    },
  },
  'an end inside the JSON of an event': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(chunk({}, 'stop').slice(0, -20))
    },
  },
  'an end inside a character': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(Buffer.from(chunk({ content: '語' })).subarray(0, -40))
    },
  },
  'broken UTF-8': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      const [before = '', after = ''] = chunk({ content: '@' }).split('@')
      exchange.response.end(
        Buffer.concat([Buffer.from(before), Buffer.from([0xe8, 0xaa]), Buffer.from(after + chunk({}, 'stop') + done)]),
      )
    },
  },
  'a connection that is reset': {
    reason: 'upstream_reset',
    play: async (exchange) => {
      await begin(exchange)
      exchange.socket.resetAndDestroy()
    },
  },
  'a connection that is closed inside the HTTP body': {
    reason: 'upstream_reset',
    play: async (exchange) => {
      await begin(exchange, begun + chunk({}, 'stop'))
      exchange.socket.end()
    },
  },
  'a chunk size that is no number': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.socket.write('zz\r\n')
    },
  },
  'data that is not JSON': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(`data: {"id":\n\n${chunk({}, 'stop')}${done}`)
    },
  },
  'a choice with an unexpected index': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(`data: {"choices":[{"index":1,"delta":{"content":"x"}}]}\n\n${chunk({}, 'stop')}${done}`)
    },
  },
  'tool arguments that are not JSON': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{"a' } }
      await begin(exchange)
      exchange.response.end(chunk({ tool_calls: [call] }) + chunk({}, 'tool_calls') + done)
    },
  },
  'an error in the stream': {
    reason: 'upstream_error',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(`data: {"error":{"message":"overloaded","code":529}}\n\n${chunk({}, 'stop')}${done}`)
    },
  },
  'a named error in the stream': {
    reason: 'upstream_error',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(`event: error\ndata: {"oops":true}\n\n${done}`)
    },
  },
  "vLLM's error in the stream": {
    reason: 'upstream_error',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.end(`data: {"object":"error","message":"no memory"}\n\n${done}`)
    },
  },
  'silence, comments or not': {
    reason: 'upstream_timeout',
    play: async (exchange) => {
      await begin(exchange)
      const timer = setInterval(() => exchange.response.write(': keep-alive\n\n'), 5)
      exchange.response.once('close', () => clearInterval(timer))
    },
  },
  'an event beyond all bounds': {
    reason: 'upstream_malformed',
    play: async (exchange) => {
      await begin(exchange)
      exchange.response.write(`data: ${'x'.repeat(9 * 1024 * 1024)}`)
    },
  },
}

for (const name of protocolNames) {
  for (const [what, { reason, play }] of Object.entries(cuts)) {
    test(`${name}: ${what} is reported as an error, and the stream is incomplete`, async () => {
      // Only the silent upstream may reach the limit, even on a slow machine.
      const idleLimitMs = reason === 'upstream_timeout' ? 60 : 60_000
      await using between = await startGatewayBetween(play, { idleLimitMs })
      const answer = await between.stream(name)
      const parsed = readStream[name](answer.events)
      assert.equal(answer.status, 200)
      assert.equal(answer.isComplete, true)
      assert.ok(parsed.error)
      assert.equal(parsed.finish, undefined)
      assert.equal(parsed.text, 'begun ')
      assert.doesNotMatch(answer.text, /\ufffd|message_stop|data: \[DONE\]|response\.completed/)
      assert.equal((await between.usage())['total_failures'], 1)
      assert.equal(await between.metric(`ccr_failures_total{tier="upstream",reason="${reason}"}`), 1)
    })
  }

  test(`${name}: an empty stream is an error, not an empty answer`, async () => {
    await using between = await startGatewayBetween(({ response }) => response.writeHead(200, sse).end())
    const parsed = readStream[name]((await between.stream(name)).events)
    assert.match(parsed.error ?? '', /before a finish_reason/)
  })

  test(`${name}: an upstream's status, Retry-After and message are kept, with one attempt`, async () => {
    for (const status of [400, 401, 404, 413, 429, 500, 503, 529]) {
      await using between = await startGatewayBetween(({ response }) => {
        response.writeHead(status, { 'retry-after': '2', 'content-type': 'application/json' })
        response.end('{"error":{"message":"not now"}}')
      })
      const answer = await between.stream(name)
      assert.equal(answer.status, status)
      assert.equal(answer.headers['retry-after'], '2')
      assert.deepEqual(JSON.parse(answer.text), protocols[name].error(status, 'not now'))
      assert.equal(between.upstream.bodies.length, 1)
    }
  })

  test(`${name}: an answer other than an event stream becomes 502, not an empty success`, async () => {
    const heads: [number, Record<string, string>, string][] = [
      [200, { 'content-type': 'application/json' }, '{"error":{"message":"quota"}}'],
      [200, { 'content-type': 'text/html' }, '<html>'],
      [200, { ...sse, 'content-encoding': 'gzip' }, 'x'],
      [200, {}, ''],
      [204, {}, ''],
      [302, { location: 'http://127.0.0.1:1/' }, ''],
    ]
    for (const [status, headers, body] of heads) {
      await using between = await startGatewayBetween(({ response }) => response.writeHead(status, headers).end(body))
      const answer = await between.stream(name)
      assert.equal(answer.status, 502)
      assert.equal(typeof JSON.parse(answer.text).error.message, 'string')
    }
  })

  test(`${name}: an upstream that closes, resets or stalls before its headers becomes 502 or 504`, async () => {
    const plays: [number, (exchange: ScriptedRequest) => unknown][] = [
      [502, ({ socket }) => socket.end()],
      [502, ({ socket }) => socket.resetAndDestroy()],
      [502, ({ socket }) => socket.end('HTTP/1.1 two hundred\r\n\r\n')],
      [502, ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`)],
      [504, () => undefined],
    ]
    for (const [status, play] of plays) {
      await using between = await startGatewayBetween(play, { idleLimitMs: 40 })
      const answer = await between.stream(name)
      assert.equal(answer.status, status)
      assert.equal(typeof JSON.parse(answer.text).error.message, 'string')
    }
  })

  test(`${name}: a refused connection becomes 502`, async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    taken.close()
    await once(taken, 'close')
    await using gateway = await startReferenceGateway({
      host: '127.0.0.1',
      port: 0,
      upstream: `http://127.0.0.1:${port}`,
      log: silentLog,
    })
    const answer = await ask(`${gateway.url}${protocols[name].path}`, streamRequest(name))
    assert.equal(answer.status, 502)
    assert.match(answer.text, /refused/)
  })
}

test('anything the upstream does after [DONE] is ignored', async () => {
  const tails: ((exchange: ScriptedRequest) => unknown)[] = [
    ({ socket }) => socket.resetAndDestroy(),
    ({ response }) => response.write(`${begun}${done}`),
    ({ response }) => response.end('data: {"error":{"message":"late"}}\n\n'),
  ]
  for (const tail of tails) {
    await using between = await startGatewayBetween(
      async (exchange) => {
        await begin(exchange, textStream(['all']))
        tail(exchange)
      },
      { graceMs: 20 },
    )
    const parsed = readStream['anthropic-messages']((await between.stream('anthropic-messages')).events)
    assert.equal(parsed.text, 'all')
    assert.equal(parsed.finish, 'end_turn')
  }
})

test('the upstream connection is closed if the upstream keeps it open after an error or [DONE]', async () => {
  for (const [stream, graceMs] of [
    ['data: {"error":{"message":"over"}}\n\n', 3_600_000],
    [textStream(['all']), 20],
  ] as const) {
    const closed = Promise.withResolvers<void>()
    await using between = await startGatewayBetween(
      async (exchange) => {
        exchange.response.once('close', closed.resolve)
        await begin(exchange, stream)
      },
      { graceMs },
    )
    await between.stream('openai-responses')
    await closed.promise
  }
})
