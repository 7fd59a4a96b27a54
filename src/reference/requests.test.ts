import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { readAnthropicRequest } from './anthropic-request.ts'
import { readChatRequest } from './chat-request.ts'
import { type ClientRequest, type InvalidRequest, routeModel } from './client-request.ts'
import { readResponsesRequest } from './responses-request.ts'

function chatOf(converted: ClientRequest | InvalidRequest): unknown {
  assert.ok('chat' in converted, JSON.stringify(converted))
  return asJson(converted.chat)
}

function problemOf(converted: ClientRequest | InvalidRequest): string {
  assert.ok('problem' in converted)
  return converted.problem
}

test('the model for the upstream is the part after the first comma', () => {
  assert.equal(routeModel('mock,mock-model'), 'mock-model')
  assert.equal(routeModel('mock-model'), 'mock-model')
  assert.equal(routeModel('a, b,c '), 'b,c')
})

test('a Messages request is converted to a chat completion request', () => {
  const converted = readAnthropicRequest({
    model: 'mock,m',
    max_tokens: 9,
    stream: true,
    temperature: 0.5,
    top_p: 0.9,
    stop_sequences: ['END'],
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    metadata: { user_id: 'u' },
    tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object' } }],
    tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
    messages: [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'Looking.' },
          { type: 'tool_use', id: 't1', name: 'look', input: { a: [1] } },
          { type: 'tool_use', id: 't2', name: 'look', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'one' }] },
          { type: 'tool_result', tool_use_id: 't2' },
          { type: 'text', text: 'And this?' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
        ],
      },
    ],
  })
  assert.deepEqual(chatOf(converted), {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: 'Looking.',
        tool_calls: [
          { id: 't1', type: 'function', function: { name: 'look', arguments: '{"a":[1]}' } },
          { id: 't2', type: 'function', function: { name: 'look', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 't1', content: 'one' },
      { role: 'tool', tool_call_id: 't2', content: '' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        ],
      },
    ],
    max_tokens: 9,
    temperature: 0.5,
    top_p: 0.9,
    stop: ['END'],
    tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' } } }],
    tool_choice: { type: 'function', function: { name: 'look' } },
    parallel_tool_calls: false,
    user: 'u',
    stream: true,
    stream_options: { include_usage: true },
  })
})

test('tool choices are converted to those of chat completions', () => {
  const choice = (tool_choice: object) =>
    chatOf(readAnthropicRequest({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'x' }], tool_choice }))
  assert.equal((choice({ type: 'any' }) as { tool_choice: string }).tool_choice, 'required')
  assert.equal((choice({ type: 'auto' }) as { tool_choice: string }).tool_choice, 'auto')
  assert.equal((choice({ type: 'none' }) as { tool_choice: string }).tool_choice, 'none')
})

test('unsupported content is rejected with its path in the request, not dropped', () => {
  const base = { model: 'm', max_tokens: 1 }
  const content = [{ type: 'document', source: {} }]
  assert.match(
    problemOf(readAnthropicRequest({ ...base, messages: [{ role: 'user', content }] })),
    /messages\.0\.content/,
  )
  const messages = [{ role: 'user', content: 'x' }]
  const tools = [{ type: 'web_search_20250305', name: 'web_search' }]
  assert.match(problemOf(readAnthropicRequest({ ...base, messages, tools })), /tools\.0/)
  assert.match(problemOf(readAnthropicRequest({ model: 'm', messages })), /max_tokens/)
  assert.match(
    problemOf(readResponsesRequest({ model: 'm', input: 'x', previous_response_id: 'r' })),
    /previous_response_id/,
  )
  assert.match(problemOf(readChatRequest({ model: 'm', messages, n: 1_000 })), /n:/)
})

test('a chat request passes through, except for the model and the usage that is always requested', () => {
  const body = { model: 'mock,m', messages: [{ role: 'user', content: 'x' }], seed: 5, logprobs: true }
  assert.deepEqual(chatOf(readChatRequest(body)), { ...body, model: 'm' })
  const converted = readChatRequest({ ...body, stream: true, stream_options: { include_obfuscation: false } })
  const stream_options = { include_obfuscation: false, include_usage: true }
  assert.deepEqual(chatOf(converted), { ...body, model: 'm', stream: true, stream_options })
  assert.ok('includeUsage' in converted && !converted.includeUsage)
})

test('a Responses request is converted to a chat completion request', () => {
  const converted = readResponsesRequest({
    model: 'mock,m',
    instructions: 'Be brief.',
    stream: true,
    max_output_tokens: 9,
    temperature: 1,
    tools: [{ type: 'function', name: 'look', parameters: { type: 'object' }, strict: true }],
    tool_choice: { type: 'function', name: 'look' },
    input: [
      { role: 'developer', content: 'Mind this.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { type: 'reasoning', id: 'rs', summary: [] },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
      { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'one' },
      { role: 'user', content: [{ type: 'input_image', image_url: 'http://127.0.0.1/x.png' }] },
    ],
  })
  assert.deepEqual(chatOf(converted), {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Mind this.' },
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } },
          { id: 'c2', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.0.0.1/x.png' } }] },
    ],
    max_tokens: 9,
    temperature: 1,
    tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' }, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'look' } },
    stream: true,
    stream_options: { include_usage: true },
  })
  assert.deepEqual((chatOf(readResponsesRequest({ model: 'm', input: 'Hi' })) as { messages: object[] }).messages, [
    { role: 'user', content: 'Hi' },
  ])
})

test('a custom tool of a Responses request becomes a custom tool of chat completions', () => {
  const custom = { type: 'custom', name: 'patch', description: 'Changes files.' }
  const grammar = { syntax: 'lark', definition: 'start: "a"' }
  const toolsOf = (tool: object) => {
    const chat = chatOf(readResponsesRequest({ model: 'm', input: 'x', tools: [tool] }))
    return (chat as { tools: unknown }).tools
  }
  assert.deepEqual(toolsOf(custom), [{ type: 'custom', custom: { name: 'patch', description: 'Changes files.' } }])
  assert.deepEqual(toolsOf({ ...custom, format: { type: 'grammar', ...grammar } }), [
    { type: 'custom', custom: { name: 'patch', description: 'Changes files.', format: { type: 'grammar', grammar } } },
  ])
  assert.match(
    problemOf(readResponsesRequest({ model: 'm', input: 'x', tools: [{ type: 'web_search' }] })),
    /^tools\.0\.type: /,
  )
})
