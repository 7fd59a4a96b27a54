import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  argumentsOf,
  at,
  beforeEnd,
  edited,
  editedIn,
  endingWith,
  item,
  type Members,
  output,
  outputOf,
  placeOf,
  type ResponsesEvent,
  sameIds,
  texts,
  wholeAtOnce,
  without,
  withoutPart,
} from '../../test/fixtures/rich-responses.ts'
import { incomplete, type RichCase, wrongCases } from '../../test/fixtures/rich-verdicts.ts'
import { asObject } from '../base/json.ts'

const searching: ResponsesEvent = ['response.web_search_call.searching', { output_index: 7, item_id: 'ws7' }]
const lastIndex = (members: Members) => (members['output_index'] === 7 ? { ...members, output_index: 9 } : members)

/** Turns the search into the output of the custom call. */
function withCallOutput([type, members]: ResponsesEvent): ResponsesEvent {
  const text = JSON.stringify(members).replaceAll(
    '"type":"web_search_call"',
    '"type":"shell_call_output","call_id":"c4"',
  )
  return [type, JSON.parse(text) as Members]
}

const cases: readonly RichCase[] = [
  // The identity of items and calls.
  ['R3', 'an item without an id', item('added', 0, { id: undefined })],
  ['R3', 'an item with an empty id', item('added', 1, { id: '' })],
  ['R3', 'a call without a call_id', item('added', 2, { call_id: undefined })],
  ['R3', 'a call with an empty call_id', item('added', 3, { call_id: '' })],
  ['R3', 'a call whose call_id is a number', item('added', 2, { call_id: 2 })],
  ['R3', 'a call without a name', item('added', 2, { name: undefined })],
  ['R3', 'a custom call with an empty name', item('added', 4, { name: '' })],
  ['R3', 'another id in output_item.done', item('done', 1, { id: 'other' })],
  ['R3', 'another call_id in output_item.done', item('done', 2, { call_id: 'other' })],
  ['R3', 'another name in output_item.done', item('done', 3, { name: 'other' })],
  ['R3', 'no name in output_item.done', item('done', 3, { name: undefined })],
  ['R3', 'another type in output_item.done', item('done', 3, { type: 'mcp_call' })],
  ['R3', 'another name in function_call_arguments.done', edited('function_call_arguments.done', 0, { name: 'other' })],
  ['R3', 'the id of an earlier item', sameIds({ id: 'call2' }, { item_id: 'call2' })],
  ['R3', 'the call_id of an earlier call', sameIds({ call_id: 'c2' }, {})],
  ...[
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_text.done',
    'content_part.added',
    'output_text.delta',
    'refusal.done',
    'content_part.done',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'custom_tool_call_input.delta',
    'web_search_call.searching',
  ].flatMap((type) =>
    [undefined, '', 'other', 5].map(
      (id) => ['R3', `item_id ${JSON.stringify(id)} in ${type}`, edited(type, 0, { item_id: id })] as const,
    ),
  ),
  ...['id', 'call_id', 'name', 'type'].map(
    (member) => ['R6', `another ${member} in the output`, output(2, { [member]: 'other' })] as const,
  ),
  // The text of that event is then missing.
  ['R4 R8', 'an output_index that is a text', edited('refusal.done', 0, { output_index: '1' })],
  ['R4 R6', 'a content_index that is a text', edited('refusal.delta', 0, { content_index: '1' })],
  // Payloads that differ from their deltas.
  ...(
    [
      ['output_text', 'text', 'R4'],
      ['refusal', 'refusal', 'R4'],
      ['reasoning_text', 'text', 'R4'],
      ['reasoning_summary_text', 'text', 'R4'],
      ['function_call_arguments', 'arguments', 'R5'],
      ['custom_tool_call_input', 'input', 'R5'],
      ['mcp_call_arguments', 'arguments', 'R5'],
      ['code_interpreter_call_code', 'code', 'R5'],
    ] as const
  ).flatMap(([type, member, rule]) => [
    ...['', undefined, null, 5, ['one two three']].map(
      (value) =>
        [rule, `${JSON.stringify(value)} in ${type}.done`, edited(`${type}.done`, 0, { [member]: value })] as const,
    ),
    [rule, `no ${type}.done`, without(`${type}.done`)] as const,
    [rule, `${type}.done twice`, at(`${type}.done`, 0, (event) => [event, event])] as const,
    [
      rule,
      `a delta after ${type}.done`,
      at(`${type}.done`, 0, ([name, members]) => [
        [name, members],
        [`response.${type}.delta`, { ...members, delta: '' }],
      ]),
    ] as const,
    [
      rule,
      `a delta of ${type} as a list`,
      at(`${type}.delta`, 2, ([name, members]) => [
        [name, { ...members, delta: '' }],
        [name, { ...members, delta: [] }],
        [name, members],
      ]),
    ] as const,
  ]),
  ['R4', 'an empty text in content_part.done', editedIn('content_part.done', 1, 'part', { text: '' })],
  [
    'R4',
    'a part without its text in content_part.done',
    editedIn('content_part.done', 2, 'part', { refusal: undefined }),
  ],
  ['R4', 'no part in content_part.done', edited('content_part.done', 1, { part: undefined })],
  ['R4', 'another part type in content_part.done', editedIn('content_part.done', 1, 'part', { type: 'refusal' })],
  [
    'R4',
    'another text in reasoning_summary_part.done',
    editedIn('reasoning_summary_part.done', 0, 'part', { text: 'x' }),
  ],
  ['R4', 'a part without a text in content_part.added', editedIn('content_part.added', 1, 'part', { text: undefined })],
  [
    'R4 R6',
    'a text in content_part.added that its deltas repeat',
    editedIn('content_part.added', 1, 'part', { text: 'one ' }),
  ],
  ['R4', 'no content in output_item.done', item('done', 1, { content: [] })],
  ['R4', 'one part of two in output_item.done', item('done', 1, { content: texts.slice(0, 1) })],
  ['R4', 'the parts of output_item.done in another sequence', item('done', 1, { content: texts.toReversed() })],
  ['R4', 'no summary in output_item.done', item('done', 0, { summary: [] })],
  [
    'R4',
    'another reasoning text in output_item.done',
    item('done', 0, { content: [{ type: 'reasoning_text', text: 'x' }] }),
  ],
  [
    '',
    'output_item.done of a shell call that the client has yet to run',
    (events) =>
      JSON.parse(
        JSON.stringify(events).replaceAll(
          '"type":"web_search_call","status":"completed"',
          '"type":"local_shell_call","call_id":"c9","status":"in_progress"',
        ),
      ) as ResponsesEvent[],
  ],
  ['R3', 'output_item.done of a message in progress', item('done', 1, { status: 'in_progress' })],
  ['R3', 'output_item.done without content', item('done', 1, { content: undefined })],
  ['R3', 'output_item.done without a role', item('done', 1, { role: undefined })],
  ['R3', 'output_item.done without arguments', item('done', 2, { arguments: undefined })],
  ['R3', 'arguments as an object in output_item.done', item('done', 2, { arguments: { a: 1 } })],
  ['R5', 'empty arguments in output_item.done', item('done', 2, { arguments: '' })],
  ['R5', 'the arguments of the parallel call in output_item.done', item('done', 3, { arguments: '{"a":2}' })],
  ['R5', 'an empty input in output_item.done', item('done', 4, { input: '' })],
  ['R6', 'empty arguments in the output', output(2, { arguments: '' })],
  ['R6', 'an empty input in the output', output(4, { input: '' })],
  ['R6', 'an empty content in the output', output(1, { content: [] })],
  ['R6', 'an empty summary in the output', output(0, { summary: [] })],
  // What does not fit the items and parts so far.
  ['R6', 'another status in response.completed', editedIn('completed', 0, 'response', { status: 'incomplete' })],
  ['R3', 'an event of an item that is done', at('output_item.done', 7, (last) => [last, searching])],
  ['R3', 'a gap in the output indices', (events) => events.map(([type, members]) => [type, lastIndex(members)])],
  [
    'R4',
    'a first part with another index than 0',
    (events) => [
      ...edited('content_part.added', 0, { content_index: 1 })(events).slice(
        0,
        placeOf(events, 'content_part.added', 0) + 1,
      ),
      ['response.incomplete', { response: { ...asObject(incomplete[1]['response']), output: [] } }],
    ],
  ],
  ['R4', 'content_part.done twice', at('content_part.done', 1, (event) => [event, event])],
  ...['output_text.delta', 'output_text.done', 'content_part.done'].map(
    (type) =>
      [
        'R4',
        `${type} of an unknown part`,
        at(type, 0, ([name, members]) => [
          [name, { ...members, content_index: 9 }],
          [name, members],
        ]),
      ] as const,
  ),
  [
    'R4',
    'refusal.delta of a text',
    at('output_text.delta', 0, ([name, members]) => [
      ['response.refusal.delta', members],
      [name, members],
    ]),
  ],
  [
    'R5',
    'custom_tool_call_input.delta of a function call',
    at('function_call_arguments.delta', 0, ([name, members]) => [
      ['response.custom_tool_call_input.delta', members],
      [name, members],
    ]),
  ],
  ['R4', 'a part without a type', editedIn('content_part.added', 1, 'part', { type: undefined })],
  [
    'R8',
    'deltas of an unknown item between those of a text',
    at('output_text.delta', 1, ([name, members]) => [
      ...['a', 'b', 'c'].map((delta) => [name, { ...members, output_index: 99, delta }] as const),
      [name, members],
    ]),
  ],
  ['', 'the output of a call, with the call_id of the call', (events) => events.map(withCallOutput)],
  [
    'R3 R6 R8',
    'more items than are followed',
    beforeEnd(
      ...Array.from({ length: 1000 }, (_, index) => {
        const item = { id: `more${index}`, type: 'web_search_call' }
        return ['response.output_item.added', { output_index: 8 + index, item }] as const
      }),
      ['response.web_search_call.searching', { output_index: 1007, item_id: 'more999' }],
    ),
  ],
  // Arguments.
  ['R5', 'arguments that are a list', argumentsOf('[1]')],
  ['R5', 'arguments that are truncated off', argumentsOf('{"a":')],
  ['', 'blank arguments', argumentsOf(' ')],
  ['', 'arguments of output_item.added without deltas', wholeAtOnce],
  [
    'R5?',
    'arguments of an incomplete response that are cut off',
    (events) => {
      const cut = argumentsOf('{"a":')(events.slice(0, -1).concat([incomplete])) as readonly ResponsesEvent[]
      const response = { ...asObject(incomplete[1]['response']), output: outputOf(cut) }
      return [...cut.slice(0, -1), [incomplete[0], { response }]]
    },
  ],
  ['', 'the end at the token limit', endingWith(incomplete)],
  [
    '',
    'the end at the token limit with an open item',
    (events) => [
      ...events.slice(0, placeOf(events, 'output_item.done', 0)),
      ['response.incomplete', { response: { ...asObject(incomplete[1]['response']), output: [] } }],
    ],
  ],
  ['R4?', 'reasoning text without content_part.added', (events) => withoutPart(events)],
]

test('check and a run judge the items of a Responses stream alike: their ids and names, and what repeats their deltas', () => {
  assert.deepEqual(wrongCases(cases), [])
})
