import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { readStream, startGatewayBetween, streamRequest } from '../../test/fixtures/gateway-between.ts'
import { ask } from '../../test/fixtures/http-ask.ts'
import { chunk, done, textStream } from '../../test/fixtures/scripted-upstream.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { until } from '../../test/fixtures/until.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { protocols } from '../protocol/protocols.ts'
import { startReferenceGateway } from './reference-gateway.ts'

/** Opens a stream and does not read it. */
function openUnread(url: string, path: string, body: object): Socket {
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1').pause()
  const text = JSON.stringify(body)
  socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n${text}`)
  return socket
}

/** Whether an upstream stays blocked at the same count: the kernel's buffers between it and the client are full. */
async function isStuck(sent: () => number, isBlocked: () => boolean): Promise<boolean> {
  const before = sent()
  for (let i = 0; i < 200; i++) await new Promise(setImmediate)
  return isBlocked() && sent() === before
}

for (const name of protocolNames) {
  test(`${name}: a client that does not read pauses the upstream, and gets everything when it reads again`, async () => {
    const total = 64 * 1024 * 1024
    const delta = 'y'.repeat(16_000)
    let sent = 0
    let isBlocked = false
    await using between = await startGatewayBetween(async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ role: 'assistant' }))
      while (sent < total) {
        sent += delta.length
        if (response.write(chunk({ content: delta }))) continue
        isBlocked = true
        await once(response, 'drain')
        isBlocked = false
      }
      response.end(chunk({}, 'stop') + done)
    })
    const { path } = protocols[name]
    const client = openUnread(between.gateway.url, path, streamRequest(name))
    await until(() =>
      isStuck(
        () => sent,
        () => isBlocked,
      ),
    )
    assert.ok(Number(await between.metric('ccr_stream_backpressure_total')) > 0)
    // A paused upstream can fill at most the kernel's buffers on both sides and one buffer of each stream.
    assert.ok(sent < 24 * 1024 * 1024, `${sent} bytes sent`)
    let ys = 0
    let isRefused = false
    let tail = ''
    client.on('data', (bytes: Buffer) => {
      const text = bytes.toString('latin1')
      ys += text.split('y').length - 1
      tail += text
      isRefused ||= tail.includes("the upstream's answer has more than 16777216 characters")
      tail = tail.slice(-2_000)
    })
    client.resume()
    await once(client, 'end')
    assert.match(tail, /0\r\n\r\n$/)
    await until(async () => (await between.usage())['active_streams'] === 0)
    if (name === 'openai-responses') {
      // This protocol repeats the entire answer at its end, so the answer is buffered, up to a limit.
      assert.ok(isRefused)
      return
    }
    assert.equal(sent >= total && ys >= sent, true)
    assert.equal((await between.usage())['total_failures'], 0)
  })

  test(`${name}: a client that disconnects midstream also ends its upstream request, which is not a failure`, async () => {
    let isUpstreamClosed = false
    await using between = await startGatewayBetween(({ response }) => {
      response.once('close', () => {
        isUpstreamClosed = true
      })
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ role: 'assistant', content: 'a' }))
    })
    const client = openUnread(between.gateway.url, protocols[name].path, streamRequest(name))
    client.once('data', () => client.destroy())
    client.resume()
    await until(() => isUpstreamClosed)
    await until(async () => (await between.usage())['active_streams'] === 0)
    const usage = await between.usage()
    assert.equal(usage['active_requests'], 0)
    assert.equal(usage['total_failures'], 0)
    assert.equal(await between.metric('ccr_client_aborts_total'), 1)
  })

  test(`${name}: a client that disconnects before the upstream's headers also ends its upstream request`, async () => {
    let isUpstreamClosed = false
    let isAsked = false
    await using between = await startGatewayBetween(({ response }) => {
      isAsked = true
      response.once('close', () => {
        isUpstreamClosed = true
      })
    })
    const client = openUnread(between.gateway.url, protocols[name].path, streamRequest(name))
    await until(() => isAsked)
    client.destroy()
    await until(() => isUpstreamClosed)
    await until(async () => (await between.usage())['active_requests'] === 0)
    assert.equal((await between.usage())['total_failures'], 0)
  })
}

test('a client that disconnects while the upstream is paused also ends it', async () => {
  let isUpstreamClosed = false
  await using between = await startGatewayBetween(({ response }) => {
    response.once('close', () => {
      isUpstreamClosed = true
    })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = () => {
      while (response.write(chunk({ content: 'y'.repeat(100_000) })));
    }
    response.on('drain', more)
    more()
  })
  const client = openUnread(between.gateway.url, '/v1/messages', streamRequest('anthropic-messages'))
  await until(async () => Number(await between.metric('ccr_stream_backpressure_total')) > 0)
  client.destroy()
  await until(() => isUpstreamClosed)
  await until(async () => (await between.usage())['active_streams'] === 0)
})

test('usage that the upstream reported before the client disconnected is counted', async () => {
  const usage = { prompt_tokens: 7, completion_tokens: 11 }
  await using between = await startGatewayBetween(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ role: 'assistant', content: 'a' }, null, { usage }))
  })
  const client = openUnread(between.gateway.url, '/v1/messages', streamRequest('anthropic-messages'))
  let text = ''
  client.on('data', (bytes) => {
    text += bytes
    if (text.includes('text_delta')) client.destroy()
  })
  client.resume()
  await until(async () => text !== '' && (await between.usage())['active_streams'] === 0)
  assert.equal((await between.usage())['total_output_tokens'], 11)
})

test('the idle limit does not apply while the client is slow', async (t) => {
  let isBlocked = false
  let sent = 0
  await using between = await startGatewayBetween(
    async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (; sent < 24; sent++) {
        isBlocked = !response.write(chunk({ role: 'assistant', content: 'y'.repeat(1 << 20) }))
        if (isBlocked) await once(response, 'drain')
      }
      response.end(chunk({}, 'stop') + done)
    },
    { idleLimitMs: 1_000 },
  )
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const client = openUnread(between.gateway.url, '/v1/messages', streamRequest('anthropic-messages'))
  await until(() =>
    isStuck(
      () => sent,
      () => isBlocked,
    ),
  )
  for (let i = 0; i < 5; i++) t.mock.timers.tick(1_000)
  let tail = ''
  client.on('data', (bytes: Buffer) => {
    tail = (tail + bytes.toString('latin1')).slice(-2_000)
  })
  client.resume()
  await once(client, 'end')
  assert.match(tail, /event: message_stop/)
})

test('gauges count streams and requests exactly, and return to 0', async () => {
  const open: (() => void)[] = []
  await using between = await startGatewayBetween(({ response, body }) => {
    if (!body['stream']) {
      open.push(() => response.end('{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ role: 'assistant', content: 'a' }))
    open.push(() => response.end(textStream(['b'])))
  })
  const streams = Array.from({ length: 40 }, (_, i) => between.stream(protocolNames[i % 3] ?? 'anthropic-messages'))
  const completion = ask(`${between.gateway.url}/v1/chat/completions`, {
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
  })
  await until(() => open.length === 41)
  const during = await between.usage()
  assert.equal(during['active_streams'], 40)
  assert.equal(during['active_requests'], 41)
  for (const end of open) end()
  for (const answer of await Promise.all(streams)) assert.equal(answer.status, 200)
  assert.equal((await completion).status, 200)
  await until(async () => (await between.usage())['active_requests'] === 0)
  const after = await between.usage()
  assert.equal(after['active_streams'], 0)
  assert.equal(after['total_requests'], 41)
  assert.equal(after['total_failures'], 0)
  assert.equal(after['total_input_tokens'], 40 * 7)
  assert.equal(after['total_output_tokens'], 40 * 11)
  assert.equal(await between.metric('ccr_peak_active_streams'), 40)
  assert.equal(await between.metric('ccr_active_streams'), 0)
  assert.equal(await between.metric('ccr_requests_total{tier="upstream"}'), 41)
})

test('upstream connections are reused, and a dead one costs a second attempt but no failure', async () => {
  const sockets = new Set<Socket>()
  let requests = 0
  const upstream = createHttpServer((exchange, response) => {
    exchange.resume()
    sockets.add(exchange.socket)
    requests++
    // The third request uses the idle connection, which is reset as if its idle timeout had expired during the request.
    if (requests === 3) exchange.socket.resetAndDestroy()
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(textStream(['again']))
  })
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  const { port } = upstream.address() as AddressInfo
  await using gateway = await startReferenceGateway({
    host: '127.0.0.1',
    port: 0,
    upstream: `http://127.0.0.1:${port}/v1/`,
    log: silentLog,
  })
  for (let i = 0; i < 3; i++) {
    const answer = await ask(`${gateway.url}/v1/messages`, streamRequest('anthropic-messages'))
    assert.equal(readStream['anthropic-messages'](answer.events).text, 'again')
    assert.equal(sockets.size, i < 2 ? 1 : 2)
  }
  const metrics = (await ask(`${gateway.url}/metrics`)).text
  assert.match(metrics, /^ccr_upstream_attempts_total 4$/m)
  assert.match(metrics, /^ccr_requests_total\{tier="upstream"\} 3$/m)
  assert.equal(JSON.parse((await ask(`${gateway.url}/v1/usage`)).text).total_failures, 0)
  upstream.close()
  upstream.closeAllConnections()
})

test('disposing the gateway closes open connections, including those to the upstream', async () => {
  let isUpstreamClosed = false
  const between = await startGatewayBetween(({ response }) => {
    response.once('close', () => {
      isUpstreamClosed = true
    })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ role: 'assistant', content: 'a' }))
  })
  await using _ = between.upstream
  const client = request(`${between.gateway.url}/v1/messages`, { method: 'POST', agent: false })
  client.end(JSON.stringify(streamRequest('anthropic-messages')))
  const [response] = await once(client, 'response')
  response.on('error', () => undefined)
  await between.gateway[Symbol.asyncDispose]()
  await until(() => isUpstreamClosed)
  await assert.rejects(ask(`${between.gateway.url}/health`), { code: 'ECONNREFUSED' })
})
