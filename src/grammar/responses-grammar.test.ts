import assert from 'node:assert/strict'
import { test } from 'node:test'
import { responseOf } from '../../test/fixtures/good-streams.ts'
import {
  argumentsOf,
  at,
  beforeEnd,
  edited,
  editedIn,
  end,
  endingWith,
  everywhere,
  item,
  output,
  outputOf,
  placeOf,
  type ResponsesEvent,
  type RichChange,
  retyped,
  richResponses,
  richWire,
  sameIds,
  texts,
  unfinished,
  unknownParts,
  wholeAtOnce,
  without,
  withoutPart,
} from '../../test/fixtures/rich-responses.ts'
import { asObject } from '../base/json.ts'
import { Answer } from '../load/answer.ts'
import { openaiResponses } from '../protocol/openai-responses.ts'
import { SseParser } from '../protocol/sse.ts'
import { checkStream } from './check-stream.ts'

/** The ending, and the findings as `rule`, or `rule?` for a warning. */
function checked(bytes: Buffer) {
  const seen = new Set<string>()
  const check = checkStream({
    protocol: 'openai-responses',
    onFinding: ({ rule, severity }) => seen.add(severity === 'error' ? rule : `${rule}?`),
  })
  check.push(bytes)
  return { ending: check.end().ending, rules: [...seen].sort().join(' ') }
}

/** The findings of a run, without those about a plan. */
function inRun(bytes: Buffer): string {
  const answer = new Answer({
    protocol: openaiResponses,
    isPlanCertain: false,
    planned: {
      key: { seed: 1, stream: 1, content: 'plain' },
      chunks: undefined,
      isUsageSent: true,
      model: 'x',
      stop: 'completed',
      rules: { stop: 'I9', usage: 'I8' },
    },
  })
  const parser = new SseParser((type, buffer, start, end) => {
    if (!answer.failure) answer.event(type, buffer, start, end)
  })
  parser.push(bytes)
  answer.ended(bytes.length, 0, false)
  const { findings = [] } = answer.findings()
  const seen = findings.map(({ rule, severity }) => (severity === 'error' ? rule : `${rule}?`))
  return [...new Set(seen)].sort().join(' ')
}

const doneFrame = 'data: [DONE]\n\n'
const error: ResponsesEvent = ['error', { code: 'x', message: 'no' }]
const failed: ResponsesEvent = ['response.failed', { response: responseOf('failed') }]
const keepalive: ResponsesEvent = ['keepalive', {}]
const unnumbered: ResponsesEvent = ['keepalive', { sequence_number: undefined }]
const incomplete: ResponsesEvent = [
  'response.incomplete',
  { response: responseOf('incomplete', outputOf(unfinished), { incomplete_details: { reason: 'max_output_tokens' } }) },
]

/** Changes of the good stream with the rules that each breaks, in alphabetical sequence; `?` marks a warning. */
const cases: readonly (readonly [rules: string, what: string, change: RichChange, ending?: string])[] = [
  ['', 'no change', (events) => events],
  // The end of a stream, and what may be anywhere in it.
  ['R7?', '[DONE] after the terminal event', end(doneFrame)],
  ['R7 R7?', '[DONE] twice after the terminal event', end(doneFrame, doneFrame)],
  ['R6 R7', '[DONE] before the terminal event', beforeEnd(doneFrame), 'cut'],
  ['R6 R7', '[DONE] in place of the terminal event', endingWith(doneFrame), 'cut'],
  ['R7?', '[DONE] after an error', endingWith(error, doneFrame), 'error'],
  ['R7 R7?', 'an event after [DONE]', end(doneFrame, keepalive)],
  ['', 'an error and then response.failed', endingWith(error, failed), 'error'],
  ['R7?', 'an error, then response.failed and [DONE]', endingWith(error, failed, doneFrame), 'error'],
  ['R7?', 'response.failed and then an error', endingWith(failed, error), 'error'],
  ['error_then_success', 'an error and then response.completed', beforeEnd(error), 'error'],
  ['error_then_success', 'response.failed and then response.completed', beforeEnd(failed), 'error'],
  ['', 'keepalive before each event', everywhere(keepalive)],
  ['', 'keepalive without a number before each event', everywhere(unnumbered)],
  ['', 'keepalive after an error', endingWith(error, keepalive), 'error'],
  ['R1', 'keepalive with a number that is not the next one', everywhere(['keepalive', { sequence_number: 999 }])],
  ['R7', 'keepalive after the terminal event', end(keepalive)],
  ['R2', 'another event before response.created', (events) => [events[1] as ResponsesEvent, ...events]],
  ['R2', 'response.created twice', (events) => [events[0] as ResponsesEvent, ...events]],
  ['R2', 'no response.created', without('created')],
  ['R1', 'response.created without a number', edited('created', 0, { sequence_number: undefined })],
  ['R1', 'a number that is a text', edited('created', 0, { sequence_number: '0' })],
  // Unknown types.
  ['R1?', 'unknown events', everywhere(['codex.rate_limits', { sequence_number: undefined }])],
  ['R1?', 'an unknown event of the response', everywhere(['response.new_event', {}])],
  ['R3?', 'an item of an unknown type', (events) => retyped(events, 'web_search_call', 'new_call')],
  ['R4?', 'parts of an unknown type', unknownParts],
  // The response.
  ...['id', 'object', 'created_at', 'model', 'status', 'output'].map(
    (member) =>
      ['R2', `response.created without ${member}`, editedIn('created', 0, 'response', { [member]: null })] as const,
  ),
  ['R2', 'response.in_progress without a response', edited('in_progress', 0, { response: undefined })],
  ['R6', 'response.completed without its object', editedIn('completed', 0, 'response', { object: undefined })],
  ['R6', 'usage as texts', editedIn('completed', 0, 'response', { usage: { input_tokens: '1' } })],
  ['', 'no usage', editedIn('completed', 0, 'response', { usage: undefined })],
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
  // Arguments.
  ['R5', 'arguments that are a list', argumentsOf('[1]')],
  ['R5', 'arguments that are cut off', argumentsOf('{"a":')],
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

test('a Responses stream with every kind of item is judged alike by check and by a run, and each change breaks its rules', () => {
  const wrong: string[] = []
  for (const [rules, what, change, ending = 'whole'] of cases) {
    const bytes = richWire(change(richResponses))
    const seen = checked(bytes)
    if (seen.rules !== rules || seen.ending !== ending)
      wrong.push(`${what}: expected ${rules} and ${ending}, got ${seen.rules} and ${seen.ending}`)
    // A run reads nothing after the event that fails it.
    const run = inRun(bytes)
    if (run !== seen.rules && !(run !== '' && seen.rules.split(' ').includes(run)))
      wrong.push(`${what}: check says ${seen.rules}, a run ${run}`)
  }
  assert.deepEqual(wrong, [])
})
