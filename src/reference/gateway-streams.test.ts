import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { readStream, startGatewayBetween, streamRequest } from '../../test/fixtures/gateway-between.ts'
import { ask } from '../../test/fixtures/http-ask.ts'
import { chunk, done, playBytes, textStream, usageChunk } from '../../test/fixtures/scripted-upstream.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { protocols } from '../protocol/protocols.ts'

const finishWords = {
  'anthropic-messages': { stop: 'end_turn', tools: 'tool_use', length: 'max_tokens', filter: 'refusal' },
  'openai-chat-completions': { stop: 'stop', tools: 'tool_calls', length: 'length', filter: 'content_filter' },
  'openai-responses': { stop: 'completed', tools: 'completed', length: 'max_output_tokens', filter: 'content_filter' },
} as const

const usages = {
  'anthropic-messages': { input_tokens: 7, output_tokens: 11 },
  'openai-chat-completions': { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 },
  'openai-responses': { input_tokens: 7, output_tokens: 11, total_tokens: 18 },
} as const

const wild = ['Grüße ', '語語 ', '👩‍👩‍👧 ', '\u2028\n\n', 'data: [DONE]\n\n', '\ufffd ', `${'x'.repeat(65_536)} `]

for (const name of protocolNames) {
  const words = finishWords[name]

  test(`${name}: a text stream arrives unchanged, with usage and finish reason`, async () => {
    await using between = await startGatewayBetween((exchange) => playBytes(exchange, textStream(wild)))
    const answer = await between.stream(name)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8')
    assert.equal(answer.isComplete, true)
    const parsed = readStream[name](answer.events)
    assert.equal(parsed.text, wild.join(''))
    assert.equal(parsed.finish, words.stop)
    assert.deepEqual(parsed.usage, usages[name])
    assert.equal(between.upstream.bodies[0]?.['model'], 'mock-model')
    assert.deepEqual(between.upstream.bodies[0]?.['stream_options'], { include_usage: true })
  })

  test(`${name}: the size of reads, CRLF, comments and a BOM make no difference`, async () => {
    const texts = wild.slice(0, 6)
    const stream = textStream(texts).replaceAll('\n\n', '\r\n: still there\r\n\r\n')
    await using between = await startGatewayBetween((exchange) => playBytes(exchange, `\ufeff${stream}`, 1))
    const parsed = readStream[name]((await between.stream(name)).events)
    assert.equal(parsed.text, texts.join(''))
    assert.equal(parsed.finish, words.stop)
  })

  test(`${name}: thinking, text and parallel tool calls stay separate even if their fragments interleave`, async () => {
    const call = (index: number, json: string, more: object = {}) =>
      chunk({ tool_calls: [{ index, ...more, function: { ...more, arguments: json } }] })
    const stream = [
      chunk({ role: 'assistant', reasoning_content: 'hm' }),
      chunk({ reasoning_content: 'm' }),
      chunk({ content: 'Looking.' }),
      call(0, '', { id: 'call_a', type: 'function', name: 'look' }),
      call(1, '{"b', { id: 'call_b', type: 'function', name: 'peek' }),
      call(0, '{"a":"}'),
      call(1, '":[1'),
      call(0, '\\"}"}'),
      call(1, ']}'),
      call(2, '', { id: 'call_c', type: 'function', name: 'wait' }),
      chunk({}, 'tool_calls'),
      usageChunk,
      done,
    ].join('')
    await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream, 7))
    const parsed = readStream[name]((await between.stream(name)).events)
    assert.equal(parsed.thinking, 'hmm')
    assert.equal(parsed.text, 'Looking.')
    assert.deepEqual(parsed.tools, [
      { id: 'call_a', name: 'look', arguments: '{"a":"}\\"}"}' },
      { id: 'call_b', name: 'peek', arguments: '{"b":[1]}' },
      { id: 'call_c', name: 'wait', arguments: '' },
    ])
    assert.equal(parsed.finish, words.tools)
  })

  test(`${name}: a length limit and a content filter are reported as such`, async () => {
    for (const [reason, finish] of [
      ['length', words.length],
      ['content_filter', words.filter],
    ] as const) {
      const stream = chunk({ role: 'assistant', content: 'part' }) + chunk({}, reason) + done
      await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
      const { events, text } = await between.stream(name)
      const parsed = readStream[name](events)
      if (name === 'openai-responses') assert.match(text, /"type":"message","status":"incomplete"/)
      assert.equal(parsed.finish, finish)
      assert.equal(parsed.text, 'part')
    }
  })

  test(`${name}: a sloppy upstream is corrected: no ids, no role, empty chunks, usage with the finish reason`, async () => {
    const event = (body: object) => `data: ${JSON.stringify(body)}\n\n`
    const stream = [
      event({ id: '', choices: [], prompt_filter_results: [] }),
      event({ id: 'a', created: 0, choices: [{ delta: { content: 'one ' } }] }),
      event({ id: 'b', choices: [] }),
      chunk({ content: '+' }, null, { id: 'a', created: 0 }).replace(',"object"', ',\ndata: "object"'),
      `data: {"id": "c",\ndata: "choices": [{"index": 0, "delta": {"content": "two"}}]}\n\n`,
      event({
        id: 'd',
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
        usage: { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 },
      }),
      event({ id: 'e', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'stop' }] }),
      event({ id: 'e', choices: [{ index: 0, delta: null }] }),
      done,
      event({ id: 'f', choices: [{ index: 0, delta: { content: 'later' } }] }),
    ].join('')
    await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
    const parsed = readStream[name]((await between.stream(name)).events)
    assert.equal(parsed.text, 'one +two')
    assert.equal(parsed.finish, words.stop)
    assert.deepEqual(parsed.usage, usages[name])
  })

  test(`${name}: an answer with a finish_reason and a clean end is complete without [DONE] or the last blank line`, async () => {
    for (const tail of ['', 'data: [DONE]', 'data: [DONE]\r']) {
      const stream = chunk({ role: 'assistant', content: 'whole' }) + chunk({}, 'stop') + tail
      await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
      const parsed = readStream[name]((await between.stream(name)).events)
      assert.equal(parsed.text, 'whole')
      assert.equal(parsed.finish, words.stop)
    }
  })

  test(`${name}: an upstream that stays open after the finish_reason does not delay the client`, async () => {
    await using between = await startGatewayBetween(
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(chunk({ role: 'assistant', content: 'whole' }) + chunk({}, 'stop'))
      },
      { graceMs: 20 },
    )
    assert.equal(readStream[name]((await between.stream(name)).events).finish, words.stop)
  })
}

test('a chat client that did not request usage gets none', async () => {
  await using between = await startGatewayBetween((exchange) => playBytes(exchange, textStream(['a'])))
  const body = { model: 'mock-model', messages: [{ role: 'user', content: 'x' }], stream: true }
  const parsed = readStream['openai-chat-completions'](
    (await ask(`${between.gateway.url}/v1/chat/completions`, body)).events,
  )
  assert.equal(parsed.usage, undefined)
  assert.equal((await between.usage())['total_output_tokens'], 11)
})

test('the first event reaches the client before the upstream sends the second', async () => {
  for (const name of protocolNames) {
    let goOn = () => {}
    await using between = await startGatewayBetween(async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ role: 'assistant', content: 'first' }))
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      response.end(chunk({ content: 'second' }) + chunk({}, 'stop') + done)
    })
    await new Promise<void>((resolve, reject) => {
      let text = ''
      const sent = request(
        `${between.gateway.url}${protocols[name].path}`,
        { method: 'POST', agent: false },
        (response) => {
          response.on('data', (bytes) => {
            text += bytes
            if (text.includes('first')) goOn()
          })
          response.on('end', () => (text.includes('second') ? resolve() : reject(new Error(text))))
        },
      )
      sent.end(JSON.stringify(streamRequest(name)))
    })
  }
})
