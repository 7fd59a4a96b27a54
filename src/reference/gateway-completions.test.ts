import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGatewayBetween } from '../../test/fixtures/gateway-between.ts'
import { type Answer, ask } from '../../test/fixtures/http-ask.ts'
import type { ScriptedRequest } from '../../test/fixtures/scripted-upstream.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import { requestBody } from '../protocol/profiles/profiles.ts'
import { protocols } from '../protocol/protocols.ts'

const message = {
  role: 'assistant',
  content: 'Grüße 語',
  reasoning_content: 'hm',
  tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
}
const usage = { prompt_tokens: 7, completion_tokens: 11, total_tokens: 18 }
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'mock-model',
  choices: [{ index: 0, message, finish_reason: 'tool_calls' }],
  usage,
}

/** Requests a non-streaming answer through a gateway whose upstream answers with `play`. */
async function askWhole(
  name: ProtocolName,
  play: (exchange: ScriptedRequest) => unknown,
  idleLimitMs = 60_000,
): Promise<Answer & { failures: unknown }> {
  await using between = await startGatewayBetween(play, { idleLimitMs })
  const { path } = protocols[name]
  const body = { ...requestBody(name, { model: 'mock,mock-model', prompt: 'x', maxTokens: 5 }), stream: false }
  const answer = await ask(`${between.gateway.url}${path}`, body)
  assert.equal(between.upstream.bodies[0]?.['model'], 'mock-model')
  assert.notEqual(between.upstream.bodies[0]?.['stream'], true)
  return { ...answer, failures: (await between.usage())['total_failures'] }
}

const send = (body: unknown) => (exchange: ScriptedRequest) => exchange.response.end(JSON.stringify(body))

test('a non-streaming answer becomes a message with thinking, text and tool_use', async () => {
  const { status, text } = await askWhole('anthropic-messages', send(completion))
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(text), {
    id: 'chatcmpl-1',
    type: 'message',
    role: 'assistant',
    model: 'mock-model',
    content: [
      { type: 'thinking', thinking: 'hm', signature: '' },
      { type: 'text', text: 'Grüße 語' },
      { type: 'tool_use', id: 'call_a', name: 'look', input: { a: 1 } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 11 },
  })
})

test('a non-streaming answer is relayed unchanged to a chat client', async () => {
  const { status, text } = await askWhole('openai-chat-completions', send(completion))
  assert.equal(status, 200)
  assert.deepEqual(JSON.parse(text), completion)
})

test('a non-streaming answer becomes a response with reasoning, message and function_call', async () => {
  const { status, text } = await askWhole('openai-responses', send(completion))
  assert.equal(status, 200)
  const response = JSON.parse(text)
  assert.equal(response.status, 'completed')
  assert.deepEqual(
    response.output.map((item: { type: string }) => item.type),
    ['reasoning', 'message', 'function_call'],
  )
  assert.equal(response.output[1].content[0].text, 'Grüße 語')
  assert.equal(response.output[2].arguments, '{"a":1}')
  assert.deepEqual(response.usage, { input_tokens: 7, output_tokens: 11, total_tokens: 18 })
})

const choice = (more: object) => ({ ...completion, choices: [{ ...completion.choices[0], ...more }] })
const broken: Readonly<Record<string, (exchange: ScriptedRequest) => unknown>> = {
  'that is not JSON': (exchange) => exchange.response.end('<html>'),
  'that is empty': (exchange) => exchange.response.end(),
  'without choices': send({ ...completion, choices: [] }),
  'without a finish_reason': send(choice({ finish_reason: null })),
  'with an empty finish_reason': send(choice({ finish_reason: '' })),
  'with an unknown finish_reason': send(choice({ finish_reason: 'because' })),
  'with the finish_reason tool_calls but no call': send(choice({ message: { role: 'assistant', content: 'Hm.' } })),
  'with usage but no content': send(choice({ message: { role: 'assistant', content: '' }, finish_reason: 'stop' })),
  'with content that is a list': send(choice({ message: { ...message, content: [{ type: 'text', text: 'a' }] } })),
  'that nests a hundred thousand levels': (exchange) =>
    exchange.response.end(
      JSON.stringify(choice({ message: { content: 'deep', more: 0 } })).replace(
        '"more":0',
        `"more":${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      ),
    ),
  'with two calls of one id': send(
    choice({ message: { tool_calls: [...message.tool_calls, { ...message.tool_calls[0], index: 1 }] } }),
  ),
  'with tool arguments that are not JSON': send(
    choice({
      message: { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{' } }] },
    }),
  ),
  'with tool arguments that nest a hundred thousand levels': send(
    choice({
      message: {
        tool_calls: [
          {
            index: 0,
            id: 'a',
            type: 'function',
            function: { name: 'f', arguments: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}` },
          },
        ],
      },
    }),
  ),
  'that is an error under status 200': send({ error: { message: 'quota' } }),
  'that is cut off': (exchange) => {
    exchange.response.writeHead(200, { 'content-length': 500 })
    exchange.response.write('{"choices":', () => exchange.socket.end())
  },
  'that is reset': (exchange) => {
    exchange.response.write('{"choices":', () => exchange.socket.resetAndDestroy())
  },
  'that stalls': (exchange) => exchange.response.write('{"choices":'),
}

for (const name of protocolNames) {
  test(`${name}: tool arguments that were truncated by the length limit are not an error`, async () => {
    const tool = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{"a":' } }
    const { status, text } = await askWhole(
      name,
      send(choice({ message: { tool_calls: [tool] }, finish_reason: 'length' })),
    )
    assert.equal(status, 200, text)
    assert.match(text, /"(stop_reason":"max_tokens|finish_reason":"length|status":"incomplete)"/)
  })

  for (const [what, play] of Object.entries(broken)) {
    test(`${name}: a non-streaming answer ${what} becomes an error in the protocol's format`, async () => {
      const { status, text, failures } = await askWhole(name, play, what === 'that stalls' ? 60 : undefined)
      assert.equal(status, what === 'that stalls' ? 504 : 502)
      assert.equal(typeof JSON.parse(text).error.message, 'string')
      assert.equal(failures, 1)
      if (what === 'without a finish_reason') assert.match(text, /without a finish_reason/)
    })
  }
}

test('tool calls of a message without an index and an id stay separate calls', async () => {
  const call = (name: string) => ({ type: 'function', function: { name, arguments: { a: name } } })
  const { text } = await askWhole(
    'anthropic-messages',
    send(choice({ message: { tool_calls: [call('x'), call('y')] } })),
  )
  assert.deepEqual(JSON.parse(text).content, [
    { type: 'tool_use', id: 'call_0', name: 'x', input: { a: 'x' } },
    { type: 'tool_use', id: 'call_1', name: 'y', input: { a: 'y' } },
  ])
})
