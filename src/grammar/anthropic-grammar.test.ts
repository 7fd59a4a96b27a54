import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HandEvent, named, onTheWire } from '../../test/fixtures/good-streams.ts'
import { checkStream } from './check-stream.ts'

/** The distinct findings of a stream, such as `A5 error`, and how it ended. */
function judge(events: readonly HandEvent[]) {
  const findings = new Set<string>()
  const stream = checkStream({
    protocol: 'anthropic-messages',
    onFinding: ({ rule, severity }) => findings.add(`${rule} ${severity}`),
  })
  stream.push(onTheWire(events))
  return { ending: stream.end().ending, findings: [...findings] }
}

const counts = { input_tokens: 3, output_tokens: 1 }
const message = { id: 'm1', type: 'message', role: 'assistant', model: 'x', content: [], stop_reason: null }
const opening = (usage: unknown = counts) => named('message_start', { message: { ...message, usage } })
const closing = (reason = 'end_turn', more: object = { usage: { output_tokens: 9 } }) => [
  named('message_delta', { delta: { stop_reason: reason }, ...more }),
  named('message_stop'),
]

/** A block at an index with its deltas. */
function block(index: unknown, content: unknown, ...deltas: readonly unknown[]): readonly HandEvent[] {
  return [
    named('content_block_start', { index, content_block: content }),
    ...deltas.map((delta) => named('content_block_delta', { index, delta })),
    named('content_block_stop', { index }),
  ]
}
const endingWith = (reason: string, ...blocks: readonly (readonly HandEvent[])[]) => [
  opening(),
  ...blocks.flat(),
  ...closing(reason),
]
const answer = (...blocks: readonly (readonly HandEvent[])[]) => endingWith('end_turn', ...blocks)
const calling = (...blocks: readonly (readonly HandEvent[])[]) => endingWith('tool_use', ...blocks)

const text = (value: unknown) => ({ type: 'text_delta', text: value })
const input = (value: unknown) => ({ type: 'input_json_delta', partial_json: value })
const tool = (members: object = {}) => ({ type: 'tool_use', id: 'toolu_1', name: 'f', input: {}, ...members })
const thinking = { type: 'thinking', thinking: '', signature: '' }
const aText = block(0, { type: 'text', text: '' }, text('Hi'))

const notText = [undefined, null, 5, [], {}]
const said = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value))

/** Streams without a finding. */
const good: readonly (readonly [what: string, events: readonly HandEvent[]])[] = [
  [
    'text with a citation',
    answer(block(0, { type: 'text', text: '' }, text('Hi'), { type: 'citations_delta', citation: {} })),
  ],
  [
    'signed thinking, and text',
    answer(
      block(0, thinking, { type: 'thinking_delta', thinking: 'Hm' }, { type: 'signature_delta', signature: 'c2ln' }),
      block(1, { type: 'text', text: '' }, text('Hi')),
    ),
  ],
  ['redacted thinking', answer(block(0, { type: 'redacted_thinking', data: 'b64' }))],
  ['two tool calls', calling(block(0, tool(), input('{"a"'), input(':1}')), block(1, tool({ id: 'toolu_2' })))],
  ['a tool call with an empty fragment as its input', calling(block(0, tool(), input('')))],
  [
    'a tool that the server runs',
    answer(
      block(0, { ...tool({ id: 'srvtoolu_1' }), type: 'server_tool_use' }, input('{}')),
      block(1, { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] }),
      block(2, { type: 'text', text: '' }, text('Hi')),
    ),
  ],
  [
    'a call of an MCP server',
    answer(
      block(0, { ...tool({ id: 'mcptoolu_1', server_name: 's' }), type: 'mcp_tool_use' }, input('{}')),
      block(1, { type: 'mcp_tool_result', tool_use_id: 'mcptoolu_1', is_error: false, content: [] }),
    ),
  ],
  [
    'a compaction',
    endingWith(
      'compaction',
      block(0, { type: 'compaction', content: null }, { type: 'compaction_delta', content: 'Sum' }),
    ),
  ],
  ['usage with counts that are null', [opening({ ...counts, cache_read_input_tokens: null }), ...aText, ...closing()]],
  [
    'usage of cached tokens',
    [
      opening(),
      ...aText,
      ...closing('end_turn', { usage: { output_tokens: 2, input_tokens: null, cache_read_input_tokens: 5 } }),
    ],
  ],
]

/** Streams with an error of a rule, and with no error of another rule. */
const bad: readonly (readonly [rule: string, what: string, events: readonly HandEvent[]])[] = [
  ...notText.flatMap(
    (value) =>
      [
        ['A5', `a text block with text ${said(value)}`, answer(block(0, { type: 'text', text: value }, text('Hi')))],
        ['A5', `a text_delta with text ${said(value)}`, answer(block(0, { type: 'text', text: '' }, text(value)))],
        ['A5', `a thinking block with thinking ${said(value)}`, answer(block(0, { ...thinking, thinking: value }))],
        [
          'A5',
          `a thinking_delta with thinking ${said(value)}`,
          answer(block(0, thinking, { type: 'thinking_delta', thinking: value })),
        ],
        [
          'A5',
          `a signature_delta with signature ${said(value)}`,
          answer(block(0, thinking, { type: 'signature_delta', signature: value })),
        ],
        [
          'A5',
          `redacted thinking with data ${said(value)}`,
          answer(block(0, { type: 'redacted_thinking', data: value })),
        ],
        ['A5', `a tool call with id ${said(value)}`, calling(block(0, tool({ id: value })))],
        ['A5', `a tool call with name ${said(value)}`, calling(block(0, tool({ name: value })))],
        ['A5', `a partial_json that is ${said(value)}`, calling(block(0, tool(), input(value)))],
        [
          'A5',
          `a tool result for the call ${said(value)}`,
          answer(block(0, { type: 'web_search_tool_result', tool_use_id: value })),
        ],
      ] as const,
  ),
  ...['tool_use', 'server_tool_use', 'mcp_tool_use'].flatMap((type) =>
    [
      ['an empty id', { id: '' }],
      ['an empty name', { name: '' }],
      ...[undefined, null, [], '{}', 5].map((value) => [`input ${said(value)}`, { input: value }] as const),
    ].map(
      ([what, members]) =>
        [
          'A5',
          `${type} with ${what as string}`,
          calling(aText, block(1, { ...tool(members as object), type }), block(2, tool({ id: 'toolu_2' }))),
        ] as const,
    ),
  ),
  ['A5', 'two tool calls with one id', calling(block(0, tool()), block(1, tool({ name: 'g' })))],
  [
    'A5',
    'a tool call with the id of a call that the server runs',
    calling(block(0, { ...tool(), type: 'server_tool_use' }), block(1, tool())),
  ],
  ['A5', 'a thinking_delta with text instead', answer(block(0, thinking, { type: 'thinking_delta', text: 'Hm' }))],
  [
    'A5',
    'a text_delta with thinking instead',
    answer(block(0, { type: 'text', text: '' }, { type: 'text_delta', thinking: 'Hm' })),
  ],
  [
    'A5',
    'a citations_delta without a citation',
    answer(block(0, { type: 'text', text: '' }, { type: 'citations_delta' })),
  ],
  [
    'A5',
    'thinking in a text block',
    answer(block(0, { type: 'text', text: '' }, { type: 'thinking_delta', thinking: 'Hm' })),
  ],
  ['A5', 'text in a tool call', calling(block(0, tool(), text('Hi')))],
  ['A5', 'a delta in redacted thinking', answer(block(0, { type: 'redacted_thinking', data: '' }, text('Hi')))],
  [
    'A5',
    'a text_delta without text in a block of an unknown type',
    answer(block(0, { type: 'new_block' }, text(undefined))),
  ],
  ['A5', 'a delta without a type', answer(block(0, { type: 'text', text: '' }, { text: 'Hi' }))],
  ...[undefined, null, 'Hi', ['Hi']].flatMap(
    (value) =>
      [
        ['A5', `a delta that is ${said(value)}`, answer(block(0, { type: 'text', text: '' }, value))],
        ['A5', `a content_block that is ${said(value)}`, answer(block(0, value))],
      ] as const,
  ),
  ['A5', 'a content_block whose type is an object', answer(block(0, { type: { toString: 1 } }))],
  ['A4 A5 A6', 'an index that is a text', answer(block('0', { type: 'text', text: '' }, text('Hi')))],
  ['A4 A5 A6', 'no index', answer(block(undefined, { type: 'text', text: '' }, text('Hi')))],
  ['A4 A5 A6', 'an index that is an object', answer(block({ toString: 1 }, { type: 'text', text: '' }, text('Hi')))],
  ...['{}{}', '{} {"a":1}', '[]', '5', 'null', '"{}"', '{"a":}', '{]', 'tool'].map(
    (json) => ['A11', `tool input ${json}`, calling(block(0, tool(), input(json)))] as const,
  ),
  ...['tool_use', 'end_turn', 'stop_sequence', 'stop'].map(
    (reason) =>
      [
        reason === 'stop' ? 'A11 A7' : 'A11',
        `tool input cut off with ${reason}`,
        endingWith(reason, block(0, tool(), input('{"a":'))),
      ] as const,
  ),
  [
    'A11',
    'two objects as tool input with stop_reason max_tokens',
    endingWith('max_tokens', block(0, tool(), input('{}{}'))),
  ],
  ['A7', 'message_delta without usage', [opening(), ...aText, ...closing('end_turn', {})]],
  ...[
    null,
    [],
    7,
    { output_tokens: null },
    { output_tokens: '9' },
    { output_tokens: -1 },
    { output_tokens: 1.5 },
    { input_tokens: 3 },
  ].map(
    (usage) =>
      [
        'A7',
        `message_delta with usage ${said(usage)}`,
        [opening(), ...aText, ...closing('end_turn', { usage })],
      ] as const,
  ),
  ...['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'].map(
    (name) =>
      [
        'A7',
        `${name} that is a text`,
        [opening(), ...aText, ...closing('end_turn', { usage: { output_tokens: 9, [name]: '1' } })],
      ] as const,
  ),
  [
    'A7',
    'usage inside delta',
    [
      opening(),
      ...aText,
      named('message_delta', { delta: { stop_reason: 'end_turn', usage: { output_tokens: 9 } } }),
      named('message_stop'),
    ],
  ],
  [
    'A7',
    'a message_delta without delta',
    [opening(), ...aText, named('message_delta', { usage: { output_tokens: 9 } }), ...closing()],
  ],
  ...[
    undefined,
    null,
    {},
    { input_tokens: 3 },
    { input_tokens: 3, output_tokens: null },
    { input_tokens: null, output_tokens: 1 },
  ].map(
    // With `undefined`, the default of a parameter would be taken.
    (usage) =>
      [
        'A3',
        `message_start with usage ${said(usage)}`,
        [named('message_start', { message: { ...message, usage } }), ...aText, ...closing()],
      ] as const,
  ),
]

/** Streams with warnings of these rules, and without an error. */
const tolerated: readonly (readonly [rules: string, what: string, events: readonly HandEvent[]])[] = [
  ['A5', 'a block of an unknown type', answer(aText, block(1, { type: 'new_block' }, text('Hi'), input('{')))],
  ['A5', 'a delta of an unknown type', answer(block(0, { type: 'text', text: '' }, text('Hi'), { type: 'new_delta' }))],
  ['A5', 'a block and deltas of unknown types', answer(block(0, { type: 'new_block' }, { type: 'new_delta' }))],
  ['A5', 'stop_reason tool_use after a block of an unknown type', calling(block(0, { type: 'new_call' }))],
  ['A5', 'thinking without a signature', answer(block(0, { type: 'thinking', thinking: '' }))],
  ['A5', 'thinking with signature null', answer(block(0, { ...thinking, signature: null }))],
  ['A5', 'an id that the API does not accept back', calling(block(0, tool({ id: 'functions.f:0' })))],
  ['A7 A11', 'tool input cut off with an unknown reason', endingWith('new_reason', block(0, tool(), input('{"a"')))],
  ...['max_tokens', 'model_context_window_exceeded', 'refusal'].flatMap(
    (reason) =>
      [
        ['A11', `tool input cut off with ${reason}`, endingWith(reason, block(0, tool(), input('{"a":"b')))],
        [
          'A11',
          `tool input cut off in a literal with ${reason}`,
          endingWith(reason, block(0, tool(), input('{"a":tr'))),
        ],
        [
          'A6',
          `a tool call that stays open with ${reason}`,
          endingWith(reason, block(0, tool(), input('{"a":')).slice(0, -1)),
        ],
      ] as const,
  ),
]

describe('the rules of Anthropic Messages', () => {
  for (const [what, events] of good)
    it(`accept ${what}`, () => assert.deepEqual(judge(events), { ending: 'whole', findings: [] }))
  for (const [rules, what, events] of bad)
    it(`find ${what} (${rules})`, () => {
      const errors = judge(events).findings.filter((finding) => finding.endsWith(' error'))
      assert.deepEqual(
        errors.sort(),
        rules.split(' ').map((rule) => `${rule} error`),
      )
    })
  for (const [rules, what, events] of tolerated)
    it(`only warn about ${what} (${rules})`, () => {
      const warnings = rules.split(' ').map((rule) => `${rule} warning`)
      assert.deepEqual(judge(events), { ending: 'whole', findings: warnings })
    })

  it('follow a limited number of open blocks and of tool calls', () => {
    const starts = Array.from({ length: 3000 }, (_, index) =>
      named('content_block_start', { index, content_block: tool({ id: `t${index}` }) }),
    )
    const { findings } = judge([opening(), ...starts, ...closing('max_tokens')])
    assert.deepEqual(findings.sort(), ['A4 warning', 'A6 warning'])
  })

  it('survive a type and a name that are objects', () => {
    const odd: HandEvent = ['message_start', { type: { toString: 1, valueOf: 1 }, message }]
    assert.deepEqual(judge([opening(), odd, ...aText, ...closing()]).findings, ['A2 error', 'A9 warning'])
  })
})
