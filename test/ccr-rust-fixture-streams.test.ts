import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { conform } from '../src/conform/conform.ts'
import { ccrRustIdentity } from '../src/gateways/ccr-rust/ccr-rust.ts'
import { conformVerdict } from '../src/judge/conformance.ts'
import { startMock } from '../src/mock/mock.ts'
import type { ProtocolName } from '../src/model/protocol-name.ts'
import {
  ask,
  buildFixture,
  eventsOf,
  noCargo,
  startFixtureBetween,
  startObservedFixture,
} from './fixtures/ccr-rust-fixture.ts'
import {
  chunk,
  done,
  playBytes,
  type ScriptedRequest,
  startChunk,
  textStream,
  usageChunk,
} from './fixtures/scripted-upstream.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { watchedBusy } from './fixtures/watched.ts'

const options = { skip: noCargo, timeout: 60_000 }
const binary = noCargo ? '' : buildFixture(temporaryFolder({ after }))

/** Text with characters of one to four bytes, and with characters that JSON escapes. */
const hard = 'a "q" \\ / \u0001 é\u2028\n\n日 👩‍🚀 data: [DONE]'

test('a chat completion becomes the events of one message, with the same text and usage', options, async (t) => {
  const texts = ['one ', hard, 'three']
  const { upstream, gateway } = await startFixtureBetween(t, binary, (exchange) => {
    assert.equal(exchange.request.url, '/v1/chat/completions')
    assert.equal(exchange.request.headers.authorization, 'Bearer key-of-the-test')
    return playBytes(exchange, textStream(texts), 7)
  })
  const response = await ask(`${gateway.url}/v1/messages`, hard)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const usage = { input_tokens: 7, output_tokens: 11 }
  const identity = { id: 'chatcmpl-1', type: 'message', role: 'assistant', model: 'mock-model' }
  const message = { ...identity, content: [], stop_reason: null, stop_sequence: null }
  assert.deepEqual(await eventsOf(response), [
    { type: 'message_start', message: { ...message, usage: { input_tokens: 0, output_tokens: 0 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...texts.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ])
  assert.deepEqual(upstream.bodies, [
    {
      model: 'mock-model',
      messages: [{ role: 'user', content: hard }],
      max_tokens: 64,
      stream: true,
      stream_options: { include_usage: true },
    },
  ])
  assert.deepEqual(await (await fetch(`${gateway.url}/v1/usage`)).json(), {
    total_requests: 1,
    total_failures: 0,
    total_input_tokens: 7,
    total_output_tokens: 11,
    total_cost_usd: 0,
    active_streams: 0,
    active_requests: 0,
    tiers: [{ tier: 'mock,mock-model', requests: 1, failures: 0 }],
  })
})

test('a delta is passed on before the next one arrives', options, async (t) => {
  const deltas = ['a', 'b', 'c'].map((content) => chunk({ content }))
  let goOn = Promise.withResolvers<void>()
  const { gateway } = await startFixtureBetween(t, binary, async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(startChunk)
    for (const delta of deltas) {
      response.write(delta)
      await goOn.promise
      goOn = Promise.withResolvers()
    }
    response.end(chunk({}, 'stop') + done)
  })
  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    let seen = 0
    for await (const bytes of (await ask(gateway.url + path)).body ?? []) {
      const texts =
        Buffer.from(bytes)
          .toString()
          .match(/"(?:text|content)":"[abc]"/g) ?? []
      seen += texts.length
      for (const _ of texts) goOn.resolve()
    }
    assert.equal(seen, 3)
  }
})

for (const [what, play] of [
  [
    'ends before its finish',
    (exchange: ScriptedRequest) => playBytes(exchange, startChunk + chunk({ content: 'one' })),
  ],
  [
    'says [DONE] before its finish',
    (exchange: ScriptedRequest) => playBytes(exchange, startChunk + chunk({ content: 'one' }) + done),
  ],
  [
    'sends what is no JSON',
    (exchange: ScriptedRequest) => playBytes(exchange, `${startChunk}${chunk({ content: 'one' })}data: {"a\n\n`),
  ],
  [
    'tells an error',
    (exchange: ScriptedRequest) =>
      playBytes(exchange, `${startChunk}${chunk({ content: 'one' })}data: {"error":{"message":"m"}}\n\n`),
  ],
  [
    'sends a tool call',
    (exchange: ScriptedRequest) =>
      playBytes(exchange, startChunk + chunk({ content: 'one' }) + chunk({ tool_calls: [{}] })),
  ],
  [
    'is reset',
    async ({ response, socket }: ScriptedRequest) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await new Promise((written) => response.write(startChunk + chunk({ content: 'one' }), written))
      socket.resetAndDestroy()
    },
  ],
] as const)
  test(`a stream that ${what} ends in an error event, and is counted as a failure`, options, async (t) => {
    const { gateway } = await startFixtureBetween(t, binary, play)
    const events = await eventsOf(await ask(`${gateway.url}/v1/messages`))
    const [last] = events.slice(-1)
    assert.equal(last.type, 'error')
    assert.equal(last.error.type, 'api_error')
    assert.equal(
      events.some(({ type }) => type === 'message_stop'),
      false,
    )
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
    assert.match(metrics, /^ccr_failures_total\{tier="mock,mock-model",reason="api_error"\} 1$/m)
    assert.match(metrics, /^ccr_requests_total\{tier="mock,mock-model"\} 1$/m)
    assert.match(metrics, /^ccr_active_streams 0$/m)
  })

test('a chat completion is relayed byte for byte, and so is its request except for the model', options, async (t) => {
  const text = startChunk + chunk({ content: hard }) + chunk({}, 'stop') + usageChunk + done
  const { upstream, gateway } = await startFixtureBetween(t, binary, (exchange) => playBytes(exchange, text, 11))
  const more = { stream_options: { include_usage: true }, seed: 3 }
  assert.equal(await (await ask(`${gateway.url}/v1/chat/completions`, hard, more)).text(), text)
  const messages = [{ role: 'user', content: hard }]
  assert.deepEqual(upstream.bodies, [{ model: 'mock-model', max_tokens: 64, messages, stream: true, ...more }])
  const usage = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as Record<string, unknown>
  assert.deepEqual([usage['total_input_tokens'], usage['total_output_tokens']], [7, 11])
})

test('a truncated chat completion ends with a broken connection', options, async (t) => {
  const { gateway } = await startFixtureBetween(t, binary, async ({ response, socket }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await new Promise((written) => response.write(startChunk, written))
    socket.destroy()
  })
  await assert.rejects((await ask(`${gateway.url}/v1/chat/completions`)).text(), TypeError)
})

test('an upstream error keeps its status', options, async (t) => {
  const { gateway } = await startFixtureBetween(t, binary, ({ response }) => response.writeHead(429).end('{}'))
  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    const response = await ask(gateway.url + path)
    assert.equal(response.status, 429)
    assert.equal(((await response.json()) as { error: { type: string } }).error.type, 'rate_limit_error')
  }
})

/** What `conform` reports about ccr-rust 1.3.0: its form, and each case that fails, as `reaction: what the client saw`. */
const lostContent = { 'clean thinking': 'masked_truncation', 'clean refusal': 'stop_reason_differs' }
const observed: readonly (readonly [ProtocolName, form: string[], error: string])[] = [
  ['anthropic-messages', ['A3'], 'error_then_success'],
  ['openai-chat-completions', ['C1', 'C3', 'I8', 'not_an_event'], 'error_then_success'],
  ['openai-responses', [], 'masked_truncation'],
]

describe('the stand-in as ccr-rust 1.3.0 gets the whole table of conform', { concurrency: 3 }, () => {
  for (const [protocol, form, error] of observed)
    test(
      `the stand-in as ccr-rust 1.3.0 gets the whole table in ${protocol}, and its form stated once`,
      options,
      async (t) => {
        const mock = await startMock({ host: '127.0.0.1', port: 0, log: silentLog, chunks: 1, delayMs: 0 })
        t.after(() => mock[Symbol.asyncDispose]())
        const { url } = await startObservedFixture(t, binary, mock.url)
        const gateway = ccrRustIdentity({ version: '1.3.0', location: binary, settings: [] })
        const death = () => Promise.resolve(undefined)
        const topology = {
          gatewayUrl: url,
          mockUrl: mock.url,
          gateway,
          parts: [],
          death,
          [Symbol.asyncDispose]: async () => {},
        }
        const conformance = await conform({
          topology,
          target: { baseUrl: url, protocol },
          model: 'mock,mock-model',
          seed: 5,
          idleLimitS: 2,
          loadStreams: 0,
          only: ['clean', 'truncate', 'error', 'http-400'],
          failuresNeeded: 1,
          watch: watchedBusy,
          signal: new AbortController().signal,
          onProgress: () => {},
        })
        assert.deepEqual(conformance.form, form)
        assert.equal(conformVerdict(conformance), 'FAIL')
        const failed = conformance.cases.filter(({ result }) => result !== 'pass')
        const positions = ['0', '50%', '100%']
        assert.deepEqual(Object.fromEntries(failed.map(({ name, seen }) => [name, seen])), {
          ...lostContent,
          ...Object.fromEntries(positions.map((position) => [`truncate@${position}`, 'masked_truncation'])),
          ...Object.fromEntries(positions.map((position) => [`error@${position}`, error])),
          'http-400': 'http_5xx',
        })
        assert.equal(failed.find(({ name }) => name === 'http-400')?.why, '4 attempts (limit 1)')
      },
    )
})
