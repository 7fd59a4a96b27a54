import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask } from '../../test/fixtures/http-ask.ts'
import { streamBody, testMock, wholeBody } from '../../test/fixtures/mock-asks.ts'
import { plannedText as textOf, unstamped } from '../../test/fixtures/planned-text.ts'
import { openRaw, postText } from '../../test/fixtures/raw-connection.ts'
import {
  readAnthropicStream,
  readChatStream,
  readResponsesStream,
  type SeenEvent,
  type StreamResult,
} from '../../test/fixtures/stream-grammar.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import { toolOf, usageOf } from '../plan/content.ts'
import { planMarker } from '../plan/key.ts'
import { protocols } from '../protocol/protocols.ts'
import { endpoints } from './endpoints.ts'

const readers: Readonly<Record<ProtocolName, (events: readonly SeenEvent[]) => StreamResult>> = {
  'anthropic-messages': readAnthropicStream,
  'openai-chat-completions': readChatStream,
  'openai-responses': readResponsesStream,
}

/** Number of events that are not deltas, including the usage of chat completions. */
const otherEvents: Readonly<Record<ProtocolName, number>> = {
  'anthropic-messages': 5,
  'openai-chat-completions': 4,
  'openai-responses': 8,
}

const finishes: Readonly<Record<ProtocolName, string>> = {
  'anthropic-messages': 'end_turn',
  'openai-chat-completions': 'stop',
  'openai-responses': 'completed',
}

const inputTokens = usageOf({ seed: 7, stream: 4 }, 5).inputTokens
const usages: Readonly<Record<ProtocolName, object>> = {
  'anthropic-messages': { output_tokens: 5 },
  'openai-chat-completions': { prompt_tokens: inputTokens, completion_tokens: 5, total_tokens: inputTokens + 5 },
  'openai-responses': {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + 5,
  },
}

const key = { seed: 7, stream: 4, chunks: 5, delayMs: 0.25 }
const prompt = `two words ${planMarker(key)}`
const plannedText = textOf(key, key.chunks)

for (const [path, protocol] of endpoints) {
  describe(`the mock at ${path}`, () => {
    it('plays the plan in the prompt as a well-formed stream', async (t) => {
      const mock = await testMock(t)
      const { status, headers, events, isComplete } = await ask(mock.url + path, streamBody(protocol, prompt))
      assert.equal(status, 200)
      assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8')
      assert.equal(headers['cache-control'], 'no-cache')
      assert.equal(headers['x-mock-chunks'], '5')
      assert.equal(headers['x-mock-delay-ms'], '0.25')
      assert.equal(isComplete, true)
      const parsed = readers[protocol](events)
      assert.equal(unstamped(parsed.text), plannedText)
      assert.equal(parsed.finish, finishes[protocol])
      assert.deepEqual(parsed.usage, usages[protocol])
      assert.equal(events.length, key.chunks + otherEvents[protocol])
    })

    it('sends one delta per planned text, and uses its own chunks and delay without a plan', async (t) => {
      const mock = await testMock(t, { chunks: 9, delayMs: 0.5 })
      const { headers, events } = await ask(mock.url + path, streamBody(protocol, 'hello'))
      assert.equal(headers['x-mock-chunks'], '9')
      assert.equal(headers['x-mock-delay-ms'], '0.5')
      const deltas = events.filter(
        ({ event = 'message', data }) => protocols[protocol].read(event, data).meaning === 'delta',
      )
      assert.equal(deltas.length, 9)
      assert.equal(unstamped(readers[protocol](events).text), textOf({ seed: 0, stream: 0 }, 9))
    })

    it('uses its own chunks and delay if the plan has none', async (t) => {
      const mock = await testMock(t, { chunks: 2, delayMs: 0.5 })
      const { headers, events } = await ask(mock.url + path, streamBody(protocol, planMarker({ seed: 3, stream: 2 })))
      assert.equal(headers['x-mock-delay-ms'], '0.5')
      assert.equal(unstamped(readers[protocol](events).text), textOf({ seed: 3, stream: 2 }, 2))
    })

    it('sends the same bytes for the same plan, except for stamps, and different bytes for another plan', async (t) => {
      const mock = await testMock(t)
      const play = async (seed: number) =>
        (await ask(mock.url + path, streamBody(protocol, planMarker({ ...key, seed })))).text.replace(
          /\d{7}\.\d{6}/g,
          '',
        )
      const first = await play(1)
      assert.equal(await play(1), first)
      assert.notEqual(await play(2), first)
    })

    it('sends a single body if no stream is requested', async (t) => {
      const mock = await testMock(t, { delayMs: 3_600_000 })
      const { status, headers, text } = await ask(mock.url + path, wholeBody(protocol, prompt))
      assert.equal(status, 200)
      assert.match(String(headers['content-type']), /^application\/json/)
      assert.equal(headers['x-mock-chunks'], '5')
      const answer = JSON.parse(text)
      const { usage, model } = answer
      assert.equal(model, 'mock-model')
      const parsed = answer.choices?.[0].message.content ?? (answer.output?.[0].content ?? answer.content)[0].text
      assert.equal(unstamped(parsed), plannedText)
      const input = protocol === 'anthropic-messages' ? { input_tokens: inputTokens } : {}
      assert.deepEqual(usage, { ...input, ...usages[protocol] })
    })
  })
}

describe('two tool calls in one answer', () => {
  const planned = [0, 1].map((call) => toolOf(key, call))

  for (const content of ['tools', 'parallel'] as const)
    for (const protocol of protocolNames)
      it(`of the kind ${content} have an id, a name and arguments each in ${protocol}`, async (t) => {
        const mock = await testMock(t)
        const plan = planMarker({ ...key, chunks: 14, content })
        const { events } = await ask(mock.url + protocols[protocol].path, streamBody(protocol, plan))
        const { tools } = readers[protocol](events)
        assert.deepEqual(
          tools.map(({ id, name }) => ({ id, name })),
          planned,
        )
        for (const { arguments: json } of tools) assert.deepEqual(Object.keys(JSON.parse(json)), ['text'])
        const texts = tools.map(({ arguments: json }) => unstamped(JSON.parse(json).text))
        assert.equal(unstamped(readers[protocol](events).text) + texts.join(''), textOf(key, 14))
      })

  for (const [content, expected] of [
    ['tools', '[0] 0 0 0 0 0 [1] 1 1 1 1 1 1'],
    // The second call has one more fragment than the first.
    ['parallel', '[0] 0 [1] 1 0 1 0 1 0 1 0 1 1'],
  ] as const)
    it(`of the kind ${content} are sent by chat completions in this order of indices: ${expected}`, async (t) => {
      const mock = await testMock(t)
      const plan = planMarker({ ...key, chunks: 16, content })
      const { events } = await ask(`${mock.url}/v1/chat/completions`, streamBody('openai-chat-completions', plan))
      const indices = events.flatMap(({ data }) => {
        const [call] = /"tool_calls":/.test(data) ? JSON.parse(data).choices[0].delta.tool_calls : []
        return call ? [call.id === undefined ? `${call.index}` : `[${call.index}]`] : []
      })
      assert.equal(
        indices
          .join(' ')
          .replace(/ ?,(\d), ?/g, ', $1, ')
          .replace(/^, /, ''),
        expected,
      )
    })
})

describe('a chat completion without include_usage', () => {
  it('has no usage', async (t) => {
    const mock = await testMock(t)
    const body = { ...streamBody('openai-chat-completions', 'x'), stream_options: undefined }
    const { events } = await ask(`${mock.url}/v1/chat/completions`, body)
    assert.equal(readChatStream(events).usage, undefined)
  })
})

describe('the plan in a prompt', () => {
  const parts = (type: string) => [
    { type, text: 'Read this: [plan seed=1' },
    { type, text: ' stream=2 chunks=1]' },
  ]
  const earlier = { role: 'user', content: '[plan seed=9 stream=9 chunks=9]' }
  const asks: readonly (readonly [what: string, path: string, body: object])[] = [
    [
      'parts of a chat message',
      '/v1/chat/completions',
      { messages: [earlier, { role: 'user', content: parts('text') }] },
    ],
    [
      'parts of an Anthropic message',
      '/v1/messages',
      { max_tokens: 5, messages: [earlier, { role: 'user', content: parts('text') }] },
    ],
    ['an input that is plain text', '/v1/responses', { input: 'x [plan seed=1 stream=2 chunks=1]' }],
    [
      'an item of a Responses input list',
      '/v1/responses',
      {
        input: [
          earlier,
          { role: 'user', content: parts('input_text') },
          { type: 'function_call_output', call_id: 'a', output: 'b' },
        ],
      },
    ],
    [
      'the last user message, even if other messages follow it',
      '/chat/completions',
      {
        messages: [
          earlier,
          { role: 'user', content: '[plan seed=1 stream=2 chunks=1]' },
          { role: 'assistant', content: '[plan seed=5 stream=5]' },
          { role: 'tool', content: null },
        ],
      },
    ],
  ]
  for (const [what, path, body] of asks) {
    it(`is found in ${what}`, async (t) => {
      const mock = await testMock(t)
      const { headers, text } = await ask(mock.url + path, { model: 'm', stream: true, ...body })
      assert.equal(headers['x-mock-chunks'], '1', text)
      assert.match(text, /-1-2"/)
    })
  }
})

describe('an HTTP/1.0 client', () => {
  it('gets the stream without chunked coding, ended by closing the connection', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.write(postText('/v1/messages', streamBody('anthropic-messages', prompt), '1.0'))
    const text = await connection.ended()
    const [head, body] = text.split('\r\n\r\n') as [string, string]
    assert.doesNotMatch(head, /transfer-encoding/i)
    assert.equal(Buffer.byteLength(body), mock.stats().bytesSent)
    assert.equal(body.split('\n\n').length - 1, mock.stats().eventsSent)
    assert.equal(mock.stats().streamsServed, 1)
  })
})

describe('a model name that is not ASCII', () => {
  for (const protocol of protocolNames) {
    it(`stays intact in ${protocol}, and the byte count equals the bytes read`, async (t) => {
      const mock = await testMock(t)
      const body = { ...streamBody(protocol, prompt), model: 'modèle "\u0001" 👩‍🚀\u2028' }
      const { text, events, isComplete } = await ask(mock.url + protocols[protocol].path, body)
      assert.equal(isComplete, true)
      assert.equal(unstamped(readers[protocol](events).text), plannedText)
      assert.ok(text.includes(JSON.stringify(body.model)))
      assert.equal(Buffer.byteLength(text), mock.stats().bytesSent)
    })
  }
})
