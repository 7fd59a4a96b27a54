import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStream, startGatewayBetween } from '../../test/fixtures/gateway-between.ts'
import { chunk, done, playBytes, usageChunk } from '../../test/fixtures/scripted-upstream.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'

const start = chunk({ role: 'assistant', content: 'one ' })
const end = chunk({}, 'stop') + usageChunk + done
const endOfCalls = chunk({}, 'tool_calls') + usageChunk + done

/** A chunk with one choice. */
function choiceChunk(choice: object): string {
  return chunk({}, null, { choices: [{ index: 0, ...choice }] })
}

/** A chunk with fragments of tool calls. */
function calls(...tool_calls: object[]): string {
  return chunk({ tool_calls })
}

const note = { id: 'call_a', type: 'function', function: { name: 'note', arguments: '{"a":1}' } }
const mail = { id: 'call_b', type: 'function', function: { name: 'mail', arguments: '{"b":2}' } }
const readCalls = [
  { id: 'call_a', name: 'note', arguments: '{"a":1}' },
  { id: 'call_b', name: 'mail', arguments: '{"b":2}' },
]

/** What the client gets if the gateway can repair the stream. The finish reason is that of chat completions. */
interface Repaired {
  readonly text: string
  readonly tools?: readonly object[]
  readonly finish: 'stop' | 'tool_calls' | 'length' | 'content_filter' | 'function_call'
}

const complete: Repaired = { text: 'one two', finish: 'stop' }

const repaired: Readonly<Record<string, readonly [stream: string, expected: Repaired]>> = {
  'finish_reason "" in each chunk': [
    chunk({ role: 'assistant', content: 'one ' }, '') + chunk({ content: 'two' }, '') + end,
    complete,
  ],
  'delta null with the finish_reason': [
    start + chunk({ content: 'two' }) + choiceChunk({ delta: null, finish_reason: 'stop' }) + done,
    complete,
  ],
  'no delta with the finish_reason': [
    start + chunk({ content: 'two' }) + choiceChunk({ finish_reason: 'stop' }) + done,
    complete,
  ],
  'the finish_reason twice': [start + chunk({ content: 'two' }) + chunk({ content: '' }, 'stop') + end, complete],
  'the finish_reason end_turn': [start + chunk({ content: 'two' }) + chunk({}, 'end_turn') + done, complete],
  'the finish_reason stop_sequence': [start + chunk({ content: 'two' }, 'stop_sequence') + done, complete],
  'the finish_reason max_tokens': [start + chunk({}, 'max_tokens') + done, { text: 'one ', finish: 'length' }],
  'the finish_reason refusal': [start + chunk({}, 'refusal') + done, { text: 'one ', finish: 'content_filter' }],
  'the finish_reason tool_use': [
    start + calls({ index: 0, ...note }, { index: 1, ...mail }) + chunk({}, 'tool_use') + done,
    { text: 'one ', tools: readCalls, finish: 'tool_calls' },
  ],
  'arguments that are an object': [
    start +
      calls({ index: 0, ...note, function: { name: 'note', arguments: { a: 1 } } }, { index: 1, ...mail }) +
      endOfCalls,
    { text: 'one ', tools: readCalls, finish: 'tool_calls' },
  ],
  'tool calls without an index': [
    start +
      calls({ ...note, function: { name: 'note', arguments: '{"a"' } }) +
      calls({ function: { arguments: ':1}' } }) +
      calls({ ...mail, function: { name: 'mail', arguments: '' } }) +
      calls({ id: 'call_b', function: { arguments: '{"b":2}' } }) +
      endOfCalls,
    { text: 'one ', tools: readCalls, finish: 'tool_calls' },
  ],
  'an empty id and name after the first fragment': [
    start +
      calls({ index: 0, ...note, function: { name: 'note', arguments: '{"a"' } }) +
      calls({ index: 0, id: '', function: { name: '', arguments: ':1}' } }) +
      calls({ index: 1, ...mail }) +
      endOfCalls,
    { text: 'one ', tools: readCalls, finish: 'tool_calls' },
  ],
  'an empty answer whose usage counts only its end': [
    chunk({ role: 'assistant', content: '' }) +
      chunk({}, 'stop', { usage: { prompt_tokens: 7, completion_tokens: 1 } }) +
      done,
    { text: '', finish: 'stop' },
  ],
  'an empty answer whose usage counts hidden reasoning': [
    chunk({ role: 'assistant', content: '' }) +
      chunk({}, 'stop', {
        usage: { prompt_tokens: 7, completion_tokens: 11, completion_tokens_details: { reasoning_tokens: 11 } },
      }) +
      done,
    { text: '', finish: 'stop' },
  ],
}

const finishes: Readonly<Record<ProtocolName, Readonly<Record<Repaired['finish'], string>>>> = {
  'anthropic-messages': {
    stop: 'end_turn',
    tool_calls: 'tool_use',
    function_call: 'tool_use',
    length: 'max_tokens',
    content_filter: 'refusal',
  },
  'openai-chat-completions': {
    stop: 'stop',
    tool_calls: 'tool_calls',
    function_call: 'function_call',
    length: 'length',
    content_filter: 'content_filter',
  },
  'openai-responses': {
    stop: 'completed',
    tool_calls: 'completed',
    function_call: 'completed',
    length: 'max_output_tokens',
    content_filter: 'content_filter',
  },
}

/** Streams that are broken, and the error that the client must see. */
const broken: Readonly<Record<string, readonly [stream: string, message: RegExp]>> = {
  'only "" as finish_reason': [start + chunk({}, '') + done, /\[DONE\] before a finish_reason/],
  'text after the finish_reason': [start + chunk({}, 'stop') + chunk({ content: 'late' }) + done, /content after/],
  'a tool call after the finish_reason': [
    start + chunk({}, 'stop') + calls({ index: 0, ...note }) + done,
    /content after/,
  ],
  'two different finish reasons': [start + chunk({}, 'stop') + chunk({}, 'length') + done, /two different/],
  'tool_calls without a call': [start + endOfCalls, /without a tool call/],
  'usage for an empty answer': [chunk({ role: 'assistant', content: '' }) + end, /no content/],
  'arguments that are a list': [
    start + calls({ index: 0, ...note, function: { name: 'note', arguments: [1] } }) + endOfCalls,
    /neither a string nor an object/,
  ],
  'an object after a part of the arguments': [
    start +
      calls({ index: 0, ...note, function: { name: 'note', arguments: '{' } }) +
      calls({ index: 0, function: { arguments: { a: 1 } } }) +
      endOfCalls,
    /not a JSON object/,
  ],
  'arguments that are the JSON of a list': [
    start + calls({ index: 0, ...note, function: { name: 'note', arguments: '[1]' } }) + endOfCalls,
    /not a JSON object/,
  ],
  'arguments that nest a hundred thousand levels': [
    start +
      calls({ index: 0, ...note, function: { name: 'note', arguments: {} } }).replace(
        '{}',
        `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      ) +
      endOfCalls,
    /nests deeper than 256 levels/,
  ],
  'two tool calls with one id': [
    start + calls({ index: 0, ...note }, { index: 1, ...mail, id: 'call_a' }) + endOfCalls,
    /the same id/,
  ],
  'an id that changes': [
    start + calls({ index: 0, ...note }) + calls({ index: 0, id: 'call_x' }) + endOfCalls,
    /conflicting ids/,
  ],
  'a name that changes': [
    start + calls({ index: 0, ...note }) + calls({ index: 0, function: { name: 'mail' } }) + endOfCalls,
    /conflicting names/,
  ],
  'a tool call with an empty name': [
    start + calls({ index: 0, ...note, function: { name: '', arguments: '{}' } }) + endOfCalls,
    /without a name/,
  ],
  'content that is a list': [start + chunk({ content: [{ type: 'text', text: 'two' }] }) + end, /not a string/],
  'a delta that is a string': [start + choiceChunk({ delta: 'two' }) + end, /delta is not an object/],
  'a message instead of a delta': [
    start + choiceChunk({ message: { role: 'assistant', content: 'two' } }) + end,
    /message instead of a delta/,
  ],
  'a second choice': [start + choiceChunk({ index: 1, delta: { content: 'two' } }) + end, /unexpected index/],
  'the finish_reason error': [start + chunk({}, 'error') + done, /finished with "error"/],
  'an error next to the finish_reason': [
    start + chunk({ content: '' }, 'error', { error: { code: 502, message: 'provider lost' } }) + done,
    /provider lost/,
  ],
  'a finish_reason that nobody knows': [start + chunk({}, 'because') + done, /unknown finish_reason, "because"/],
  'a finish_reason that is not a string': [start + chunk({}, 7 as never) + done, /unknown finish_reason, 7/],
}

for (const name of protocolNames) {
  for (const [what, [stream, { text, tools = [], finish }]] of Object.entries(repaired))
    test(`${name}: ${what}: the answer arrives complete, in the form of the protocol`, async () => {
      await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
      const parsed = readStream[name]((await between.stream(name)).events)
      assert.deepEqual(
        { text: parsed.text, tools: parsed.tools, finish: parsed.finish, error: parsed.error },
        { text, tools, finish: finishes[name][finish], error: undefined },
      )
    })

  for (const [what, [stream, message]] of Object.entries(broken))
    test(`${name}: ${what}: the client gets an error`, async () => {
      await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
      const { text } = await between.stream(name)
      const [last = ''] = text.trimEnd().split('\n\n').slice(-1)
      assert.match(last, /"error":\{|"type":"error"|response\.failed/)
      assert.match(last.replaceAll('\\"', '"'), message)
      assert.doesNotMatch(text, /message_stop|data: \[DONE\]|response\.completed/)
      assert.equal((await between.usage())['total_failures'], 1)
    })

  test(`${name}: a call of the deprecated function_call arrives`, async () => {
    const stream =
      start +
      chunk({ function_call: { name: 'note', arguments: '{"a"' } }) +
      chunk({ function_call: { arguments: ':1}' } }) +
      chunk({}, 'function_call') +
      done
    await using between = await startGatewayBetween((exchange) => playBytes(exchange, stream))
    const { events, text } = await between.stream(name)
    if (name === 'openai-chat-completions') {
      for (const event of stream.split('\n\n')) assert.ok(text.includes(event), event)
      return
    }
    const { tools, finish } = readStream[name](events)
    assert.deepEqual(tools, [{ id: 'call_0', name: 'note', arguments: '{"a":1}' }])
    assert.equal(finish, finishes[name].function_call)
  })
}
