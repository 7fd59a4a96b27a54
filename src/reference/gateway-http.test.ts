import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startGatewayBetween } from '../../test/fixtures/gateway-between.ts'
import { ask } from '../../test/fixtures/http-ask.ts'
import { playBytes, textStream } from '../../test/fixtures/scripted-upstream.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { protocols } from '../protocol/protocols.ts'
import { startReferenceGateway } from './reference-gateway.ts'

const completion = '{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'

test('health, usage and metrics respond before the first request', async () => {
  await using between = await startGatewayBetween(() => undefined)
  const { url } = between.gateway
  assert.equal((await ask(`${url}/health`)).text, 'ok')
  assert.deepEqual(await between.usage(), {
    total_requests: 0,
    total_failures: 0,
    total_input_tokens: 0,
    total_output_tokens: 0,
    total_cost_usd: 0,
    active_streams: 0,
    active_requests: 0,
    tiers: [{ tier: 'upstream', requests: 0, failures: 0 }],
  })
  const metrics = await ask(`${url}/metrics`)
  assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  for (const name of [
    'ccr_active_streams',
    'ccr_peak_active_streams',
    'ccr_active_requests',
    'ccr_stream_backpressure_total',
  ])
    assert.match(metrics.text, new RegExp(`^${name} 0$`, 'm'))
})

const messages = [{ role: 'user', content: 'x' }]
const nested = `{"model":"m","max_tokens":1,"input":"x","messages":${JSON.stringify(messages)},"more":${'['.repeat(300_000)}${']'.repeat(300_000)}}`

for (const name of protocolNames) {
  const { path, error } = protocols[name]
  const shape = (text: string) => Object.keys(JSON.parse(text).error)

  test(`${name}: an invalid request is rejected with 400 in the protocol's format, and never sent upstream`, async () => {
    await using between = await startGatewayBetween(({ response }) => response.end(completion))
    const bodies = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{}',
      '\u0000',
      nested,
      '{"model":"m"}',
      '{"model":"mock, ","messages":[]}',
    ]
    for (const body of [
      ...bodies,
      { model: 5, messages, input: 'x', max_tokens: 1 },
      { model: 'm', messages: [], input: [], max_tokens: 1 },
    ]) {
      const answer = await ask(`${between.gateway.url}${path}`, body)
      assert.equal(answer.status, 400, JSON.stringify(body).slice(0, 80))
      assert.deepEqual(shape(answer.text), shape(JSON.stringify(error(400, 'x'))))
    }
    assert.equal(between.upstream.bodies.length, 0)
    assert.equal((await between.usage())['total_requests'], 0)
  })

  test(`${name}: a body of 10 MiB is accepted, one byte more is rejected with 413`, async () => {
    await using between = await startGatewayBetween(({ response }) => response.end(completion))
    const bare = JSON.stringify({ model: 'm', max_tokens: 1, messages, input: 'x' })
    const limit = 10 * 1024 * 1024
    const fits = await ask(`${between.gateway.url}${path}`, bare + ' '.repeat(limit - bare.length))
    assert.equal(fits.status, 200)
    const tooLarge = await ask(`${between.gateway.url}${path}`, bare + ' '.repeat(limit + 1 - bare.length))
    assert.equal(tooLarge.status, 413)
    assert.deepEqual(shape(tooLarge.text), shape(JSON.stringify(error(413, 'x'))))
  })

  test(`${name}: another method is rejected with 405 and the allowed method`, async () => {
    await using between = await startGatewayBetween(() => undefined)
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await ask(`${between.gateway.url}${path}`, undefined, method)
      assert.equal(answer.status, 405)
      assert.equal(answer.headers['allow'], 'POST')
      assert.deepEqual(shape(answer.text), shape(JSON.stringify(error(405, 'x'))))
    }
  })
}

test('an unknown path is 404, and a POST to a page is 405', async () => {
  await using between = await startGatewayBetween(() => undefined)
  assert.equal((await ask(`${between.gateway.url}/v2/messages`, {})).status, 404)
  assert.equal(JSON.parse((await ask(`${between.gateway.url}/v1/messages/batches`, {})).text).type, 'error')
  assert.equal((await ask(`${between.gateway.url}/health`, {})).status, 405)
})

test('invalid HTTP and clients that disconnect inside a body do not affect other clients', async () => {
  await using between = await startGatewayBetween((exchange) => playBytes(exchange, textStream(['a'])))
  for (const bytes of [
    '\u0016\u0003\u0001',
    'GET\r\n\r\n',
    'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"mod',
  ]) {
    const socket = connect(between.gateway.port, '127.0.0.1')
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
    socket.resetAndDestroy()
  }
  assert.equal((await between.stream('anthropic-messages')).status, 200)
  assert.equal((await between.usage())['active_requests'], 0)
})

/** Sends bytes on a connection and reads until the gateway closes it. */
async function converse(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

const post = (version: string, more = '') => {
  const body = JSON.stringify({ model: 'm', messages, stream: true })
  return `POST /v1/chat/completions HTTP/${version}\r\nhost: x\r\n${more}content-length: ${body.length}\r\n\r\n${body}`
}

test('an HTTP/1.0 client gets its stream without chunked coding', async () => {
  await using between = await startGatewayBetween((exchange) => playBytes(exchange, textStream(['a', 'b'])))
  const answer = await converse(between.gateway.port, post('1.0'))
  const [head = '', ...body] = answer.split('\r\n\r\n')
  assert.doesNotMatch(head, /chunked/i)
  assert.equal(body.length, 1)
  assert.match(body[0] ?? '', /^data: [^\r]*data: \[DONE\]\n\n$/)
})

test('pipelined requests get complete responses in order', async () => {
  // The first response waits for the others, so that they arrive while the connection is still in use.
  const others = Promise.withResolvers<void>()
  let n = 0
  await using between = await startGatewayBetween(async (exchange) => {
    const i = n++
    if (i === 0) await others.promise
    await playBytes(exchange, textStream([`answer ${i}`]))
    if (i === 2) setImmediate(others.resolve)
  })
  const bytes = post('1.1') + post('1.1') + post('1.1', 'connection: close\r\n')
  const answers = (await converse(between.gateway.port, bytes)).split('HTTP/1.1 200 OK').slice(1)
  assert.equal(answers.length, 3)
  for (const answer of answers) {
    assert.equal(answer.match(/answer \d/g)?.length, 1)
    assert.match(answer, /data: \[DONE\]\n\n\r\n0\r\n\r\n$/)
  }
  assert.equal((await between.usage())['active_streams'], 0)
})

test('a port in use is reported with host, port and remedy', async () => {
  await using between = await startGatewayBetween(() => undefined)
  const { port } = between.gateway
  await assert.rejects(
    startReferenceGateway({ host: '127.0.0.1', port, upstream: 'http://127.0.0.1:9/v1', log: silentLog }),
    (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*--port`))
      return true
    },
  )
})

test('an upstream that is not an HTTP URL is a usage error', async () => {
  for (const upstream of ['', 'mock', 'file:///etc/passwd', 'https://127.0.0.1/v1'])
    await assert.rejects(startReferenceGateway({ host: '127.0.0.1', port: 0, upstream, log: silentLog }), UsageError)
})

test('a second dispose has no effect', async () => {
  const gateway = await startReferenceGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: 'http://127.0.0.1:9/v1',
    log: silentLog,
  })
  await gateway[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})
