import assert from 'node:assert/strict'
import { test } from 'node:test'
import { responseOf } from '../../test/fixtures/good-streams.ts'
import {
  beforeEnd,
  edited,
  editedIn,
  end,
  endingWith,
  everywhere,
  type ResponsesEvent,
  retyped,
  richResponses,
  unknownParts,
  without,
} from '../../test/fixtures/rich-responses.ts'
import { errorsIn, type RichCase, wrongCases } from '../../test/fixtures/rich-verdicts.ts'

const doneFrame = 'data: [DONE]\n\n'
const error: ResponsesEvent = ['error', { code: 'x', message: 'no' }]
const failed: ResponsesEvent = [
  'response.failed',
  { response: responseOf('failed', [], { error: { code: 'x', message: 'no' } }) },
]
const keepalive: ResponsesEvent = ['keepalive', {}]
const unnumbered: ResponsesEvent = ['keepalive', { sequence_number: undefined }]

const cases: readonly RichCase[] = [
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
  ['R6', 'an error without a message', endingWith(['error', { code: 'x' }]), 'error'],
  ['', 'an error with its message in an object', endingWith(['error', { error: { message: 'no' } }]), 'error'],
  [
    'R6',
    'response.failed without an error',
    endingWith(['response.failed', { response: responseOf('failed', [], { error: null }) }]),
    'error',
  ],
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
]

test('check and a run judge the start and the end of a Responses stream alike, its numbers, and types that are not known', () => {
  assert.deepEqual(wrongCases(cases), [])
})

test('an event without a number is one finding, whether or not the numbers after it count it', () => {
  const isDelta = (type: string) => type === 'response.output_text.delta'
  const withNumber = ([type, members]: ResponsesEvent, number: number | undefined): ResponsesEvent => [
    type,
    { ...members, sequence_number: number },
  ]
  const counted = richResponses.map((event, at) => withNumber(event, isDelta(event[0]) ? undefined : at))
  const uncounted = richResponses.map((event) => (isDelta(event[0]) ? withNumber(event, undefined) : event))
  // In a run, the second and third delta differ from the first only in their text.
  assert.deepEqual(errorsIn(counted), { check: 3, run: 1 })
  assert.deepEqual(errorsIn(uncounted), { check: 3, run: 1 })
  assert.deepEqual(errorsIn(edited('created', 0, { sequence_number: undefined })(richResponses)), { check: 1, run: 1 })
})
