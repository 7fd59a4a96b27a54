import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  ask,
  buildFixture,
  eventsOf,
  fixtureConfig,
  noCargo,
  startFixtureBetween,
} from './fixtures/ccr-rust-fixture.ts'
import { load } from './fixtures/load.ts'
import { chunk, done, playBytes, startChunk, textStream } from './fixtures/scripted-upstream.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { until } from './fixtures/until.ts'

const options = { skip: noCargo, timeout: 60_000 }
const folder = temporaryFolder({ after })
const binary = noCargo ? '' : buildFixture(folder)

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8', env: {} })
  return { status, stdout, stderr }
}

test('its version says that it is a fixture', options, () => {
  for (const args of [['version'], ['--version']])
    assert.deepEqual(run(...args), { status: 0, stdout: 'ccr-rust 0.0.0-fixture\n', stderr: '' })
})

test('unknown arguments are refused as ccr-rust refuses them, with exit status 2', options, () => {
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

test('its help lists the options that the harness looks for', options, () => {
  assert.match(run('--help').stdout, /^ {2}start\b.*^ {2}status\b.*--config <FILE>.*CCR_CONFIG/ms)
  assert.match(run('start', '--help').stdout, /--host.*--port.*--max-streams.*CCR_MAX_STREAMS.*--shutdown-timeout/s)
})

test('validate accepts a usable configuration and refuses others', options, (t) => {
  assert.equal(run('--config', fixtureConfig(t, 'http://127.0.0.1:1/v1'), 'validate').status, 0)
  for (const [config, mistake] of [
    [fixtureConfig(t, 'https://127.0.0.1:1/v1'), /only http:/],
    [fixtureConfig(t, 'http://127.0.0.1:1/v1', { Providers: [] }), /Providers: none/],
    [fixtureConfig(t, 'http://127.0.0.1:1/v1', { PORT: 70_000 }), /PORT/],
    [join(folder, 'absent.json'), /absent\.json/],
  ] as const) {
    const { status, stderr } = run('--config', config, 'validate')
    assert.equal(status, 1)
    assert.match(stderr, mistake)
  }
})

test(
  'status reports whether a gateway answers, on the port of the flag or of the configuration',
  options,
  async (t) => {
    const { gateway } = await startFixtureBetween(t, binary, () => {})
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
  },
)

test('an unsupported request is refused and not forwarded', options, async (t) => {
  const { upstream, gateway } = await startFixtureBetween(t, binary, () => {})
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

test('streams beyond --max-streams get a 503, and the gauge is exact', options, async (t) => {
  const finish = Promise.withResolvers<void>()
  const { gateway } = await startFixtureBetween(
    t,
    binary,
    async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(startChunk)
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

test('a client that disconnects ends its upstream request, even while no data flows', options, async (t) => {
  let open = 0
  const { gateway } = await startFixtureBetween(t, binary, ({ response, socket }) => {
    open++
    socket.once('close', () => open--)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(startChunk)
  })
  const leaving = new AbortController()
  await ask(`${gateway.url}/v1/messages`, 'x', {}, { signal: leaving.signal })
  assert.equal(open, 1)
  leaving.abort()
  await until(() => open === 0)
})

test('600 concurrent streams arrive complete', options, async (t) => {
  const texts = ['one ', 'two ', 'three ']
  let waiting = 0
  const all = Promise.withResolvers<void>()
  const { gateway } = await startFixtureBetween(
    t,
    binary,
    async (connection) => {
      if (++waiting === 600) all.resolve()
      await all.promise
      await playBytes(connection, textStream(texts), 200)
    },
    '--max-streams=0',
  )
  const { records } = await load(gateway.url, { protocol: 'anthropic-messages', streams: 600 })
  assert.deepEqual([...new Set(records.map(({ outcome, deltas }) => `${outcome.state} ${deltas}`))], ['whole 3'])
  assert.match(await (await fetch(`${gateway.url}/metrics`)).text(), /^ccr_peak_active_streams 600$/m)
})
