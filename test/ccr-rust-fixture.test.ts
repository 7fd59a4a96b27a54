import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildFixture, fixtureConfig, noCargo, startFixture } from './fixtures/ccr-rust-fixture.ts'
import { until } from './fixtures/processes.ts'
import {
  chunk,
  done,
  playBytes,
  type ScriptedRequest,
  startScriptedUpstream,
  textStream,
  usageChunk,
} from './fixtures/scripted-upstream.ts'
import { load } from './load.ts'
import { readSse } from './read-sse.ts'

const options = { skip: noCargo, timeout: 60_000 }
const target = mkdtempSync(join(tmpdir(), 'ccr-rust-fixture-'))
let binary = ''
before(() => {
  if (!noCargo) binary = buildFixture(target)
})
after(() => rmSync(target, { recursive: true, force: true }))

/** Ten characters that take one to four bytes each, and what JSON has to escape. */
const hard = 'a "q" \\ / \u0001 é\u2028\n\n日 👩‍🚀 data: [DONE]'
const start = chunk({ role: 'assistant', content: '' })

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8', env: {} })
  return { status, stdout, stderr }
}

/** A stand-in before an upstream that plays to each request. */
async function between(
  t: Parameters<typeof startFixture>[0],
  play: (asked: ScriptedRequest) => unknown,
  ...args: string[]
) {
  const upstream = await startScriptedUpstream(play)
  t.after(() => upstream[Symbol.asyncDispose]())
  return { upstream, gateway: await startFixture(t, binary, fixtureConfig(t, upstream.url), ...args) }
}

function ask(url: string, content: unknown = 'hello', more: object = {}, init: RequestInit = {}): Promise<Response> {
  const body = {
    model: 'mock,mock-model',
    max_tokens: 64,
    messages: [{ role: 'user', content }],
    stream: true,
    ...more,
  }
  return fetch(url, { method: 'POST', body: JSON.stringify(body), ...init })
}

async function eventsOf(response: Response) {
  const { events, endedInside } = readSse([new Uint8Array(await response.arrayBuffer())])
  assert.equal(endedInside, false)
  return events.map(({ type, data }) => ({ ...JSON.parse(data), type }))
}

test('its version says that it is a fixture', options, () => {
  for (const args of [['version'], ['--version']])
    assert.deepEqual(run(...args), { status: 0, stdout: 'ccr-rust 0.0.0-fixture\n', stderr: '' })
})

test('what its command line does not know it refuses as ccr-rust does, with exit status 2', options, () => {
  for (const [args, mistake] of [
    [['--x'], "unexpected argument '--x' found"],
    [['--config', 'f', '--port', '1'], "unexpected argument '--port' found"],
    [['start', '--x'], "unexpected argument '--x' found"],
    [['version', 'x'], "unexpected argument 'x' found"],
    [['status', '--max-streams', '1'], "unexpected argument '--max-streams' found"],
    [['begin'], "unrecognized subcommand 'begin'"],
    [['start', '--port'], "a value is required for '--port <PORT>' but none was supplied"],
    [['start', '--port=65536'], "invalid value '65536' for '--port <PORT>'"],
    [[], 'a command is required'],
  ] as const) {
    const { status, stderr } = run(...args)
    assert.equal(status, 2, args.join(' '))
    assert.ok(stderr.startsWith(`error: ${mistake}`), stderr)
  }
})

test('its help names the options that a caller looks for', options, () => {
  assert.match(run('--help').stdout, /^ {2}start\b.*^ {2}status\b.*--config <FILE>.*CCR_CONFIG/ms)
  assert.match(run('start', '--help').stdout, /--host.*--port.*--max-streams.*CCR_MAX_STREAMS.*--shutdown-timeout/s)
})

test('validate tells a configuration that can be used from one that cannot', options, (t) => {
  assert.equal(run('--config', fixtureConfig(t, 'http://127.0.0.1:1/v1'), 'validate').status, 0)
  for (const [config, mistake] of [
    [fixtureConfig(t, 'https://127.0.0.1:1/v1'), /only http:/],
    [fixtureConfig(t, 'http://127.0.0.1:1/v1', { Providers: [] }), /Providers: none/],
    [fixtureConfig(t, 'http://127.0.0.1:1/v1', { PORT: 70_000 }), /PORT/],
    [join(target, 'absent.json'), /absent\.json/],
  ] as const) {
    const { status, stderr } = run('--config', config, 'validate')
    assert.equal(status, 1)
    assert.match(stderr, mistake)
  }
})

test('status says whether a gateway answers, at the port given or at that of the configuration', options, async (t) => {
  const { gateway } = await between(t, () => {})
  const configured = fixtureConfig(t, 'http://127.0.0.1:1/v1', { PORT: gateway.port })
  const ways = [
    ['status', '--port', `${gateway.port}`],
    ['--config', configured, 'status'],
  ]
  for (const args of ways) assert.equal(run(...args).status, 0)
  assert.equal(await (await fetch(`${gateway.url}/health`)).text(), 'ok')
  const ended = once(gateway.process, 'exit')
  gateway.process.kill('SIGTERM')
  assert.deepEqual(await ended, [null, 'SIGTERM'])
  for (const args of ways) assert.equal(run(...args).status, 1)
})

test(
  'a chat completion comes out as the events of one message, text verbatim and usage carried',
  options,
  async (t) => {
    const texts = ['one ', hard, 'three']
    const { upstream, gateway } = await between(t, (asked) => {
      assert.equal(asked.request.url, '/v1/chat/completions')
      assert.equal(asked.request.headers.authorization, 'Bearer key-of-the-test')
      return playBytes(asked, textStream(texts), 7)
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
  },
)

test('a delta is passed on before the next one comes', options, async (t) => {
  const deltas = ['a', 'b', 'c'].map((content) => chunk({ content }))
  let goOn = Promise.withResolvers<void>()
  const { gateway } = await between(t, async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(start)
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
  ['ends before its finish', (asked: ScriptedRequest) => playBytes(asked, start + chunk({ content: 'one' }))],
  [
    'says [DONE] before its finish',
    (asked: ScriptedRequest) => playBytes(asked, start + chunk({ content: 'one' }) + done),
  ],
  [
    'sends what is no JSON',
    (asked: ScriptedRequest) => playBytes(asked, `${start}${chunk({ content: 'one' })}data: {"a\n\n`),
  ],
  [
    'tells an error',
    (asked: ScriptedRequest) =>
      playBytes(asked, `${start}${chunk({ content: 'one' })}data: {"error":{"message":"m"}}\n\n`),
  ],
  [
    'sends a tool call',
    (asked: ScriptedRequest) => playBytes(asked, start + chunk({ content: 'one' }) + chunk({ tool_calls: [{}] })),
  ],
  [
    'is reset',
    async ({ response, socket }: ScriptedRequest) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      await new Promise((written) => response.write(start + chunk({ content: 'one' }), written))
      socket.resetAndDestroy()
    },
  ],
] as const)
  test(`a stream that ${what} ends in an error event, and is counted as a failure`, options, async (t) => {
    const { gateway } = await between(t, play)
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

test('a chat completion is relayed byte by byte, and its request too but for the model', options, async (t) => {
  const text = start + chunk({ content: hard }) + chunk({}, 'stop') + usageChunk + done
  const { upstream, gateway } = await between(t, (asked) => playBytes(asked, text, 11))
  const more = { stream_options: { include_usage: true }, seed: 3 }
  assert.equal(await (await ask(`${gateway.url}/v1/chat/completions`, hard, more)).text(), text)
  const messages = [{ role: 'user', content: hard }]
  assert.deepEqual(upstream.bodies, [{ model: 'mock-model', max_tokens: 64, messages, stream: true, ...more }])
  const usage = (await (await fetch(`${gateway.url}/v1/usage`)).json()) as Record<string, unknown>
  assert.deepEqual([usage['total_input_tokens'], usage['total_output_tokens']], [7, 11])
})

test('a chat completion that is cut breaks off', options, async (t) => {
  const { gateway } = await between(t, async ({ response, socket }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    await new Promise((written) => response.write(start, written))
    socket.destroy()
  })
  await assert.rejects((await ask(`${gateway.url}/v1/chat/completions`)).text(), TypeError)
})

test('an error of the upstream keeps its status', options, async (t) => {
  const { gateway } = await between(t, ({ response }) => response.writeHead(429).end('{}'))
  for (const path of ['/v1/messages', '/v1/chat/completions']) {
    const response = await ask(gateway.url + path)
    assert.equal(response.status, 429)
    assert.equal(((await response.json()) as { error: { type: string } }).error.type, 'rate_limit_error')
  }
})

test('a request that it cannot carry is refused and not sent on', options, async (t) => {
  const { upstream, gateway } = await between(t, () => {})
  const url = `${gateway.url}/v1/messages`
  const image = [{ type: 'image', source: {} }]
  const nested = `${'['.repeat(65)}${']'.repeat(65)}`
  const refused = [
    ask(url, image),
    ask(url, 'x', { stream: false }),
    ask(url, 'x', { messages: [] }),
    ask(url, 'x', { tools: [] }),
  ]
  const bodies = ['', '{', '5', '{"model":"m",}', '{"model":"\\x"}', `{"model":"m","messages":${nested}}`]
  for (const body of bodies) refused.push(ask(url, 'x', {}, { body }))
  for (const response of await Promise.all(refused)) {
    assert.equal(response.status, 400)
    assert.equal(((await response.json()) as { error: { type: string } }).error.type, 'invalid_request_error')
  }
  assert.equal((await ask(`${gateway.url}/v1/responses`)).status, 404)
  assert.equal((await ask(url, 'x'.repeat(17 * 1024 * 1024))).status, 413)
  assert.deepEqual(upstream.bodies, [])
})

test('streams beyond --max-streams are answered with 503, and the gauge is exact', options, async (t) => {
  const finish = Promise.withResolvers<void>()
  const { gateway } = await between(
    t,
    async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(start)
      await finish.promise
      response.end(chunk({}, 'stop') + done)
    },
    '--max-streams=2',
  )
  const url = `${gateway.url}/v1/messages`
  const admitted = await Promise.all([ask(url), ask(url)])
  const refused = await ask(url)
  assert.equal(refused.status, 503)
  assert.equal(((await refused.json()) as { error: { type: string } }).error.type, 'overloaded_error')
  assert.match(
    await (await fetch(`${gateway.url}/metrics`)).text(),
    /^ccr_active_streams 2\nccr_peak_active_streams 2$/m,
  )
  finish.resolve()
  for (const response of admitted) assert.equal((await eventsOf(response)).at(-1)?.type, 'message_stop')
  assert.match(
    await (await fetch(`${gateway.url}/metrics`)).text(),
    /^ccr_active_streams 0\nccr_peak_active_streams 2$/m,
  )
})

test('a client that leaves takes its upstream with it, in a silence too', options, async (t) => {
  let open = 0
  const { gateway } = await between(t, ({ response, socket }) => {
    open++
    socket.once('close', () => open--)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(start)
  })
  const leaving = new AbortController()
  await ask(`${gateway.url}/v1/messages`, 'x', {}, { signal: leaving.signal })
  assert.equal(open, 1)
  leaving.abort()
  await until(() => open === 0)
})

test('600 streams at once arrive whole', options, async (t) => {
  const texts = ['one ', 'two ', 'three ']
  let waiting = 0
  const all = Promise.withResolvers<void>()
  const { gateway } = await between(
    t,
    async (asked) => {
      if (++waiting === 600) all.resolve()
      await all.promise
      await playBytes(asked, textStream(texts), 200)
    },
    '--max-streams=0',
  )
  const { records } = await load(gateway.url, { protocol: 'anthropic-messages', streams: 600 })
  assert.deepEqual([...new Set(records.map(({ outcome, deltas }) => `${outcome.state} ${deltas}`))], ['whole 3'])
  assert.match(await (await fetch(`${gateway.url}/metrics`)).text(), /^ccr_peak_active_streams 600$/m)
})
