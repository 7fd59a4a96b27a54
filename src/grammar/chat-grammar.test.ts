import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choice, goodChat, type HandEvent, onTheWire } from '../../test/fixtures/good-streams.ts'
import { checkStream, type PlacedFinding } from './check-stream.ts'

/** The rules that a stream breaks, with their severity. */
function findingsOf(events: readonly HandEvent[], choices?: number): readonly string[] {
  const findings: PlacedFinding[] = []
  const stream = checkStream({
    protocol: 'openai-chat-completions',
    choices,
    onFinding: (finding) => findings.push(finding),
  })
  stream.push(onTheWire(events))
  stream.end()
  return [...new Set(findings.map(({ rule, severity }) => (severity === 'error' ? rule : `${rule} ${severity}`)))]
}

const identity = { id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'x' }
const chunk = (choices: unknown, members: object = {}): HandEvent => [undefined, { ...identity, choices, ...members }]
/** A chunk of Azure OpenAI without an id. */
const azure = (choices: readonly object[], members: object = {}): HandEvent =>
  chunk(choices, { id: '', object: '', created: 0, model: '', ...members })
const filtered = { content_filter_results: { hate: { filtered: false, severity: 'safe' } } }
const offsets = { content_filter_offsets: { check_offset: 44, start_offset: 44, end_offset: 198 } }
const annotation = azure([{ index: 0, finish_reason: null, ...filtered, ...offsets }])

const role = choice({ role: 'assistant', content: '' })
const hi = choice({ content: 'Hi' })
const stop = choice({}, 'stop')
const done: HandEvent = [undefined, '[DONE]']

/** One or more fragments of tool calls, each in a separate chunk, in a complete answer. */
const calls = (...fragments: readonly unknown[]): readonly HandEvent[] => [
  role,
  ...fragments.map((fragment) => choice({ tool_calls: [fragment] })),
  choice({}, 'tool_calls'),
  done,
]
const start = (members: object = {}) => ({
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'f', arguments: '' },
  ...members,
})
const more = (members: object = {}) => ({ index: 0, function: { arguments: '{}' }, ...members })
const custom = { index: 0, id: 'call_1', type: 'custom', custom: { name: 'run', input: 'print(' } }
/** A complete answer with one event replaced or added. */
const answer = (...events: readonly HandEvent[]): readonly HandEvent[] => [role, ...events, stop, done]
const withChoice = (members: object): readonly HandEvent[] =>
  answer(chunk([{ index: 0, finish_reason: null, ...members }]))
const withDelta = (delta: object): readonly HandEvent[] => answer(choice(delta))

const lateUsage = (delta: object, finish: string | null = null): HandEvent =>
  chunk([{ index: 0, delta, finish_reason: finish }], { usage: { total_tokens: 4 } })

const complete: readonly (readonly [title: string, events: readonly HandEvent[], choices?: number])[] = [
  ['the good stream', goodChat],
  ['one choice of one', goodChat, 1],
  [
    'two choices in turn',
    [
      role,
      choice({ role: 'assistant' }, null, 1),
      hi,
      choice({ content: 'Ho' }, null, 1),
      choice({}, 'stop', 1),
      stop,
      done,
    ],
  ],
  [
    'two choices of two in one chunk',
    [
      chunk([0, 1].map((index) => ({ index, delta: { role: 'assistant', content: 'a' }, finish_reason: null }))),
      chunk([1, 0].map((index) => ({ index, delta: {}, finish_reason: 'stop' }))),
      chunk([], { usage: { total_tokens: 4 } }),
      done,
    ],
    2,
  ],
  [
    'a tool call in each of two choices, with the same index and id',
    [0, 1]
      .flatMap((index) => [
        choice({ role: 'assistant', tool_calls: [start()] }, null, index),
        choice({ tool_calls: [more()] }, null, index),
        choice({}, 'tool_calls', index),
      ])
      .concat([done]),
  ],
  [
    'the first chunk of Azure OpenAI',
    [azure([], { prompt_filter_results: [{ prompt_index: 0, ...filtered }] }), ...answer(hi)],
  ],
  [
    'the first chunk of Azure OpenAI with usage null',
    [azure([], { prompt_annotations: [], usage: null }), ...answer(hi)],
  ],
  ['annotations of the asynchronous filter before the finish', answer(hi, annotation, hi, annotation)],
  ['annotations of the asynchronous filter after the finish', [role, hi, stop, annotation, annotation, done]],
  ['an annotation of the asynchronous filter as the first chunk', [annotation, ...answer(hi)]],
  ['an annotation with the id of the stream', answer(hi, chunk([{ index: 0, finish_reason: null, ...offsets }]))],
  [
    'an annotation that ends the answer',
    [role, hi, azure([{ index: 0, finish_reason: 'content_filter', ...filtered }]), done],
  ],
  [
    'filter results beside a delta',
    answer(chunk([{ index: 0, delta: { content: 'a' }, finish_reason: null, ...filtered }])),
  ],
  ['a tool call', calls(start(), more())],
  [
    'an empty id, type and name in a later fragment',
    calls(start(), more({ id: '', type: '', function: { name: '', arguments: '{}' } })),
  ],
  [
    'id, type and name null in a later fragment',
    calls(start(), more({ id: null, type: null, function: { name: null, arguments: '{}' } })),
  ],
  ['id, type and name in each fragment', calls(start(), start({ function: { name: 'f', arguments: '{}' } }))],
  ['a fragment without a function', calls(start(), more(), { index: 0 })],
  ['arguments null in the first fragment', calls(start({ function: { name: 'f', arguments: null } }), more())],
  ['a call without arguments', calls(start())],
  ['two calls in turn', calls(start(), start({ index: 1, id: 'call_2' }), more(), more({ index: 1 }))],
  ['blank arguments', calls(start({ function: { name: 'f', arguments: ' ' } }))],
  [
    'a function_call, the older form of a tool call',
    [
      role,
      choice({ function_call: { name: 'f', arguments: '' } }),
      choice({ function_call: { arguments: '{}' } }),
      choice({}, 'function_call'),
      done,
    ],
  ],
  ['a custom tool beside function null', calls({ ...custom, function: null })],
  ['a custom tool whose input is not JSON', calls(custom, { index: 0, custom: { input: '1)' } })],
  ['a custom tool after a function', calls(start(), { ...custom, index: 1, id: 'call_2' }, more())],
  ['an empty list of tool calls', withDelta({ content: 'a', tool_calls: [] })],
  ['tool calls null', withDelta({ content: 'a', tool_calls: null })],
  ['content and refusal null', withDelta({ role: null, content: null, refusal: null, function_call: null })],
  ['a refusal', withDelta({ refusal: 'no' })],
  ['logprobs', withChoice({ delta: { content: 'a' }, logprobs: { content: [] } })],
  ['an empty finish_reason with each delta', withChoice({ delta: { content: 'a' }, finish_reason: '' })],
  ['usage null in a chunk', answer(chunk([{ index: 0, delta: {}, finish_reason: null }], { usage: null }))],
]

for (const [title, events, choices] of complete)
  test(`chat completions: ${title} breaks no rule`, () => assert.deepEqual(findingsOf(events, choices), []))

const bad: readonly (readonly [rule: string, title: string, events: readonly HandEvent[], choices?: number])[] = [
  ['C9', 'a choice beyond those requested', [role, choice({ role: 'assistant' }, 'stop', 1), stop, done], 1],
  ['C9', 'a choice index with a gap', [role, choice({ role: 'assistant' }, 'stop', 2), stop, done]],
  ['C9', 'a single choice that is not the first', [choice({ role: 'assistant' }, 'stop', 1), done]],
  ['C9', 'a choice without an index', withChoice({ index: undefined, delta: {} })],
  ['C9', 'a negative choice index', withChoice({ index: -1, delta: {} })],
  ['C9', 'a choice index that is a text', withChoice({ index: '0', delta: {} })],
  ['C3', 'fewer choices than requested', answer(hi), 2],
  ['C2', 'no role in the second choice', [role, choice({ content: 'a' }, 'stop', 1), stop, done]],
  ['C2', 'a role that is null in the first delta', [choice({ role: null, content: 'a' }), stop, done]],
  ['C3', 'no finish_reason of the second choice', [role, choice({ role: 'assistant' }, null, 1), stop, done]],
  [
    'C3',
    'a delta of the second choice after its finish_reason',
    [role, choice({ role: 'assistant' }, 'stop', 1), choice({ content: 'a' }, null, 1), stop, done],
  ],
  ['C3', 'a delta that Azure OpenAI sends after the finish', [role, stop, hi, annotation, done]],
  [
    'C3',
    'an annotation that ends the answer again',
    [role, stop, azure([{ index: 0, finish_reason: 'stop', ...filtered }]), done],
  ],
  [
    'C6',
    'truncated arguments in the second choice',
    [
      role,
      choice({ role: 'assistant', tool_calls: [start({ function: { name: 'f', arguments: '{' } })] }, 'tool_calls', 1),
      stop,
      done,
    ],
  ],
  [
    'C1',
    'a chunk without an id in the middle',
    answer(hi, azure([{ index: 0, delta: { content: 'a' }, finish_reason: null }])),
  ],
  ['C1', 'usage in a chunk without an id', [role, stop, azure([], { usage: { total_tokens: 4 } }), done]],
  ['C1', 'an annotation whose object is another', answer(azure([{ index: 0, ...filtered }], { object: 'list' }))],
  ...['id', 'object', 'created', 'model'].map(
    (name) => ['C1', `no ${name} in any chunk`, answer(hi).map((event) => without(event, name))] as const,
  ),
  [
    'C1',
    'a time of creation that is a text',
    answer(hi).map(([type, data]) => [type, data === '[DONE]' ? data : { ...(data as object), created: '7' }]),
  ],
  ...([null, {}, 'a', 1, undefined] as const).map(
    (choices) => ['C1', `choices ${kindOf(choices)}`, answer(chunk(choices))] as const,
  ),
  ...([null, 5, 'a', []] as const).map((entry) => ['C1', `a choice ${kindOf(entry)}`, answer(chunk([entry]))] as const),
  ['C1', 'usage that is a list', [role, stop, chunk([], { usage: [] }), done]],
  ['C1', 'delta null', withChoice({ delta: null })],
  ['C1', 'delta null with the finish', [role, chunk([{ index: 0, delta: null, finish_reason: 'stop' }]), done]],
  ['C1', 'no delta', withChoice({})],
  ['C1', 'a delta that is a text', withChoice({ delta: 'a' })],
  ['C1', 'a message in place of the delta', withChoice({ message: { role: 'assistant', content: 'a' } })],
  ['C1', 'a text in place of the delta', withChoice({ text: 'a' })],
  ['C1', 'an empty filter result in place of the delta', withChoice({ content_filter_results: null })],
  ['C1', 'a finish_reason that is not a text', withChoice({ delta: {}, finish_reason: { toString: 1 } })],
  ['C1', 'logprobs that are a list', withChoice({ delta: {}, logprobs: [] })],
  ...([5, ['a'], [{ type: 'text', text: 'a' }], { text: 'a' }, true] as const).flatMap((value) =>
    ['content', 'refusal', 'role'].map(
      (name) => ['C1', `${name} ${kindOf(value)}`, withDelta({ [name]: value })] as const,
    ),
  ),
  ['C1', 'a function_call that is a text', withDelta({ function_call: 'f' })],
  ...([5, 'a', {}, { 0: start() }] as const).map(
    (value) => ['C6', `tool_calls ${kindOf(value)}`, withDelta({ tool_calls: value })] as const,
  ),
  ...([null, 5, 'f', []] as const).map(
    (value) => ['C6', `a tool call ${kindOf(value)}`, calls(start(), value, more())] as const,
  ),
  ...([undefined, null, '0', -1, 0.5, {}] as const).map(
    (index) => ['C6', `a tool call whose index is ${kindOf(index)}`, calls(start({ index }), more({ index }))] as const,
  ),
  ['C6', 'a later fragment without an index', calls(start(), more({ index: undefined }))],
  ...([undefined, null, '', 7, {}] as const).flatMap((value) => [
    ['C6', `a tool call whose id is ${kindOf(value)}`, calls(start({ id: value }), more())] as const,
    [
      'C6',
      `a tool call whose name is ${kindOf(value)}`,
      calls(start({ function: { name: value, arguments: '' } }), more()),
    ] as const,
    ['C6', `a tool call whose type is ${kindOf(value)}`, calls(start({ type: value }), more())] as const,
  ]),
  ['C6', 'a tool call of an unknown type', calls(start({ type: 'web_search' }), more())],
  ['C6', 'a tool call without a function', calls(start({ function: undefined }), more())],
  ['C6', 'an id that only the second fragment has', calls(start({ id: '' }), more({ id: 'call_1' }))],
  ['C6', 'an id that changes', calls(start(), more({ id: 'call_2' }))],
  ['C6', 'a type that changes', calls(start(), more({ type: 'custom' }))],
  ['C6', 'a name that changes', calls(start(), more({ function: { name: 'g', arguments: '{}' } }))],
  ['C6', 'two calls with one id', calls(start(), start({ index: 1 }), more(), more({ index: 1 }))],
  [
    'C6',
    'two calls with one id in one chunk',
    [role, choice({ tool_calls: [start(), start({ index: 1 })] }), choice({}, 'tool_calls'), done],
  ],
  ...([{ a: 1 }, ['a'], 5, true] as const).map(
    (value) => ['C6', `arguments ${kindOf(value)}`, calls(start(), more({ function: { arguments: value } }))] as const,
  ),
  [
    'C6',
    'arguments that are an object in the first fragment',
    calls(start({ function: { name: 'f', arguments: {} } })),
  ],
  [
    'C3',
    'a delta with filter results after the finish',
    [role, stop, chunk([{ index: 0, delta: {}, finish_reason: null, ...filtered }]), done],
  ],
  ...(['[]', '"a"', 'null', '5', '{}{}', '{"a":}'] as const).map(
    (json) => ['C6', `arguments ${json}`, calls(start({ function: { name: 'f', arguments: json } }))] as const,
  ),
  ['C6', 'a custom tool with a function', calls(start({ type: 'custom' }), more())],
  ['C6', 'a function with a custom tool', calls({ ...custom, type: 'function' })],
  ['C6', 'a function_call without a name', withDelta({ function_call: { arguments: '{}' } })],
  ['C6', 'a function_call whose name is empty', withDelta({ function_call: { name: '', arguments: '{}' } })],
  [
    'C6',
    'a function_call whose name changes',
    answer(choice({ function_call: { name: 'f' } }), choice({ function_call: { name: 'g', arguments: '{}' } })),
  ],
  ['C6', 'a function_call with truncated arguments', withDelta({ function_call: { name: 'f', arguments: '{"a' } })],
  ['C6', 'a function_call whose arguments are an object', withDelta({ function_call: { name: 'f', arguments: {} } })],
  ['C3', 'text beside usage after the finish', [role, stop, lateUsage({ content: 'a' }), done]],
  ['C3', 'another finish_reason beside usage', [role, stop, lateUsage({}, 'stop'), done]],
  ['C6', 'a custom tool that is a text', calls(custom, { index: 0, custom: '1)' })],
  ['C6', 'a function that is a text', calls(start(), more({ function: '{}' }))],
  ['C6', 'a custom tool without a name', calls({ ...custom, custom: { input: 'a' } })],
  ['C6', 'a custom tool whose name changes', calls(custom, { index: 0, custom: { name: 'other', input: '1)' } })],
  ['C6', 'a custom tool whose input is an object', calls(custom, { index: 0, custom: { input: {} } })],
]

for (const [title, type, data] of [
  ['an error that is a text', undefined, { error: 'no' }],
  ['an event named error without an error', 'error', { message: 'no' }],
  ['an error of vLLM', undefined, { object: 'error', message: 'no' }],
  ['an error of FastAPI', undefined, { detail: 'no' }],
] as const)
  test(`chat completions: ${title} ends the stream and breaks C1`, () => {
    assert.deepEqual(findingsOf([role, hi, [type, data]]), ['C1'])
    assert.deepEqual(findingsOf([role, hi, [type, data], done]), ['C1', 'C7 warning'])
    assert.deepEqual(findingsOf([role, hi, [type, data], stop, done]), ['C1', 'error_then_success', 'C7 warning'])
  })

for (const [rule, title, events, choices] of bad)
  test(`chat completions: ${title} breaks ${rule}`, () => {
    const rules = findingsOf(events, choices)
    assert.ok(rules.includes(rule), `${rules}`)
  })

test('chat completions: usage beside an empty delta after the finish, as OpenRouter sends it, is only a warning', () => {
  for (const delta of [{}, { role: 'assistant', content: '' }, { content: null }])
    assert.deepEqual(findingsOf([role, hi, stop, lateUsage(delta), done]), ['C4 warning'])
})

test('chat completions: arguments that are wrong but not truncated are an error although the answer was cut', () => {
  for (const json of ['{"a":}', '[]', '{"a":1}}'])
    assert.deepEqual(
      findingsOf([
        role,
        choice({ tool_calls: [start({ function: { name: 'f', arguments: json } })] }),
        choice({}, 'length'),
        done,
      ]),
      ['C6'],
    )
})

test('chat completions: truncated arguments are only a warning if the answer was cut', () => {
  const cut = (reason: string) => [
    role,
    choice({ tool_calls: [start({ function: { name: 'f', arguments: '{"a' } })] }),
    choice({}, reason),
    done,
  ]
  assert.deepEqual(findingsOf(cut('length')), ['C6 warning'])
  assert.deepEqual(findingsOf(cut('content_filter')), ['C6 warning'])
  assert.deepEqual(findingsOf(cut('tool_calls')), ['C6'])
})

function without([type, data]: HandEvent, name: string): HandEvent {
  return [type, data === '[DONE]' ? data : { ...(data as object), [name]: undefined }]
}

/** A value in a title. */
function kindOf(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}
