import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  choice,
  goodAnthropic,
  goodChat,
  goodMessage,
  goodResponses,
  type HandEvent,
  named,
  onTheWire,
  responseOf,
} from '../../test/fixtures/good-streams.ts'
import { type ProtocolName, protocolNames } from '../model/protocol-name.ts'
import { checkStream, type PlacedFinding } from './check-stream.ts'

function check(protocol: ProtocolName, bytes: Buffer) {
  const findings: PlacedFinding[] = []
  const stream = checkStream({ protocol, onFinding: (finding) => findings.push(finding) })
  stream.push(bytes)
  return { ...stream.end(), findings }
}

/** The rules that a stream breaks, without warnings. */
function broken(protocol: ProtocolName, events: readonly HandEvent[]): string[] {
  const { findings } = check(protocol, onTheWire(events))
  return [...new Set(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule))]
}

type Change = (events: HandEvent[]) => readonly HandEvent[]

/** The rule that a change breaks, and what is wrong with the result. */
type Bad = readonly [rule: string, what: string, change: Change]

const without =
  (at: number, count = 1): Change =>
  (events) =>
    events.toSpliced(at, count)
const before =
  (at: number, ...more: HandEvent[]): Change =>
  (events) =>
    events.toSpliced(at, 0, ...more)
/** Replaces members of the data of one event. */
const changed =
  (at: number, members: object): Change =>
  (events) =>
    events.with(at, [events[at]?.[0], { ...(events[at]?.[1] as object), ...members }])
const changedStop = (reason: unknown) => changed(9, { delta: { stop_reason: reason } })
const changedFinish = (reason: unknown) => changed(4, { choices: [{ index: 0, delta: {}, finish_reason: reason }] })
/** Ends the Responses stream early, with these details. */
const incomplete =
  (details: object | null): Change =>
  (events) => [
    ...events.slice(0, 9),
    named('response.incomplete', {
      sequence_number: 9,
      response: responseOf('incomplete', [goodMessage], { incomplete_details: details }),
    }),
  ]
const repeated =
  (at: number): Change =>
  (events) =>
    events.toSpliced(at, 0, events[at] as HandEvent)
const end = Number.POSITIVE_INFINITY
const error = named('error', { error: { type: 'api_error', message: 'no' } })

interface Cases {
  readonly good: readonly HandEvent[]
  readonly bad: readonly Bad[]
  /** Changes that give only warnings: of this rule, or none if it is empty. */
  readonly tolerated: readonly Bad[]
}

/** Changes of a good stream, and the rule that each one breaks. */
const cases: Readonly<Record<ProtocolName, Cases>> = {
  'anthropic-messages': {
    good: goodAnthropic,
    bad: [
      ['A2', 'an event without a name', (events) => events.with(3, [undefined, events[3]?.[1]])],
      [
        'A2',
        'an event name that differs from the type',
        (events) => events.with(3, ['content_block_stop', events[3]?.[1]]),
      ],
      ['A3', 'no message_start', without(0)],
      ['A3', 'message_start twice', repeated(0)],
      ['A3', 'a message without content', changed(0, { message: { id: 'm', type: 'message' } })],
      [
        'A4',
        'a gap in the block indices',
        (events) => events.slice(0, 5).concat(shifted(events.slice(5, 9)), events.slice(9)),
      ],
      ['A5', 'a delta of an unknown block', changed(3, { index: 7 })],
      ['A5', 'a delta of the wrong type', changed(3, { delta: { type: 'input_json_delta', partial_json: '' } })],
      ['A5', 'a delta after its block stopped', (events) => events.toSpliced(5, 0, events[3] as HandEvent)],
      ['A6', 'a block that never stops', without(8)],
      ['A6', 'a block that stops twice', repeated(4)],
      [
        'A6',
        'a block after message_delta',
        before(10, named('content_block_start', { index: 2, content_block: { type: 'text' } })),
      ],
      ['A7', 'no message_delta', without(9)],
      ['A7', 'no stop_reason', changed(9, { delta: { stop_reason: null } })],
      ...['stop', 'length', 'tool_calls', 'function_call', 'content_filter', 'max_output_tokens', 'completed', ''].map(
        (reason): Bad => ['A7', `the stop_reason "${reason}" of another protocol`, changedStop(reason)],
      ),
      ['A7', 'a stop_reason that is not a text', changedStop({ type: 'end_turn' })],
      ['A7', 'stop_reason tool_use without a tool call', without(5, 4)],
      [
        'A7',
        'usage that decreases',
        (events) => [
          ...events.slice(0, 10),
          named('message_delta', { delta: {}, usage: { output_tokens: 8 } }),
          ...events.slice(10),
        ],
      ],
      ['A8', 'no message_stop', without(10)],
      ['A8', 'message_stop twice', repeated(10)],
      ['A8', 'a delta after message_stop', before(end, goodAnthropic[3] as HandEvent)],
      ['A10', 'an error without a message', (events) => [...events.slice(0, 4), named('error', { error: {} })]],
      ['error_then_success', 'a normal ending after an error', before(4, error)],
      ['A11', 'truncated tool input', without(7)],
      ['json_malformed', 'data that is not JSON', (events) => events.with(3, ['content_block_delta', '{"type":'])],
      ['A2', 'null as data', (events) => events.with(3, ['content_block_delta', 'null'])],
      ['A2', 'an object without a type', (events) => events.with(3, ['content_block_delta', '{}'])],
      ['A2', 'a whole message as an unnamed event', before(3, [undefined, { type: 'message', content: [] }])],
    ],
    tolerated: [
      ['A7', 'an unknown stop_reason', changedStop('new_reason')],
      ['A7', 'stop_reason end_turn after a tool call', changedStop('end_turn')],
      ...['max_tokens', 'stop_sequence', 'pause_turn', 'refusal', 'model_context_window_exceeded', 'compaction'].map(
        (reason): Bad => ['', `stop_reason ${reason} after a tool call`, changedStop(reason)],
      ),
    ],
  },
  'openai-chat-completions': {
    good: goodChat,
    bad: [
      ['C1', 'data that is not JSON', (events) => events.with(1, [undefined, '{"id":'])],
      ['C1', 'null as data', before(1, [undefined, 'null'])],
      ['C1', 'a list as data', before(1, [undefined, '[]'])],
      ['C1', 'an event of Anthropic Messages', before(1, [undefined, { type: 'content_block_stop', index: 0 }])],
      ['C1', 'another object', changed(1, { object: 'chat.completion' })],
      ['C1', 'another id', changed(1, { id: 'c2' })],
      ['C1', 'another model', changed(4, { model: 'y' })],
      ['C2', 'no role', without(0)],
      ['C3', 'no finish_reason', without(4)],
      ['C3', 'a delta after finish_reason', before(5, choice({ content: 'x' }))],
      ['C3', 'finish_reason twice', repeated(4)],
      ...['end_turn', 'tool_use', 'stop_sequence', 'max_tokens', 'refusal', 'completed', 'STOP', 'error'].map(
        (reason): Bad => ['C3', `the finish_reason "${reason}" of another protocol`, changedFinish(reason)],
      ),
      ['C3', 'a finish_reason that is not a text', changedFinish({})],
      ['C3', 'an empty finish_reason as the only one', changedFinish('')],
      ['C4', 'usage twice', repeated(5)],
      [
        'C4',
        'usage before the finish',
        (events) => [...events.slice(0, 4), events[5] as HandEvent, events[4] as HandEvent, events[6] as HandEvent],
      ],
      ['C5', 'no [DONE]', without(6)],
      ['C5', '[DONE] twice', repeated(6)],
      ['C5', '[DONE] with a trailing space', (events) => events.with(6, [undefined, '[DONE] '])],
      ['C5', 'a chunk after [DONE]', before(end, choice({ content: 'x' }))],
      ['C6', 'a call without an id', changed(2, { choices: [{ index: 0, delta: { tool_calls: [{ index: 0 }] } }] })],
      ['C6', 'truncated arguments', without(3)],
      [
        'C6',
        'a tool name that changes',
        changed(3, {
          choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'g', arguments: '1}' } }] } }],
        }),
      ],
      ['error_then_success', 'a chunk after an error', before(2, [undefined, { error: { message: 'no' } }])],
      ['C8', 'an event name', (events) => events.with(1, ['chunk', events[1]?.[1]])],
      [
        'C9',
        'a choice index with a gap',
        (events) => events.with(1, choice({ role: 'assistant', content: 'x' }, 'stop', 2)),
      ],
    ],
    tolerated: [
      ['C3', 'finish_reason stop after a tool call', changedFinish('stop')],
      ['C3', 'finish_reason tool_calls without a tool call', without(2, 2)],
      ['', 'finish_reason length after a tool call', changedFinish('length')],
      ['', 'finish_reason content_filter after a tool call', changedFinish('content_filter')],
      [
        '',
        'a call in the older form, and finish_reason function_call',
        (events) => [
          ...events.slice(0, 2),
          choice({ function_call: { name: 'f', arguments: '{}' } }),
          choice({}, 'function_call'),
          ...events.slice(5),
        ],
      ],
      [
        '',
        'an empty finish_reason in each chunk before the last',
        (events) => [
          choice({ role: 'assistant', content: '' }, ''),
          choice({ content: 'Hi' }, ''),
          choice({}, 'stop'),
          ...events.slice(5),
        ],
      ],
    ],
  },
  'openai-responses': {
    good: goodResponses,
    bad: [
      ['R1', 'a gap in the sequence numbers', without(1)],
      ['R1', 'an event name that differs from the type', (events) => events.with(4, ['message', events[4]?.[1]])],
      ['R2', 'no response.created', without(0)],
      ['R2', 'another response id', changed(1, { response: responseOf('in_progress', [], { id: 'r2' }) })],
      ['R3', 'a gap in the output indices', changed(9, { output_index: 2 })],
      ['R3', 'an item without a done event', without(12)],
      ['R4', 'a lost delta', without(5)],
      ['R4', 'a part without a done event', without(7)],
      ['R4', 'a text without a done event', without(6)],
      ['R5', 'arguments that differ from their deltas', changed(10, { delta: '{"a":2}' })],
      ['R5', 'arguments without a done event', without(11)],
      ['R6', 'no terminal event', without(13)],
      ['R6', 'a status that does not fit', changed(13, { response: responseOf('failed') })],
      ['R6', 'a final output that differs', changed(13, { response: responseOf('completed') })],
      ...['max_tokens', 'length', 'refusal', '', 5].map(
        (reason): Bad => [
          'R6',
          `the reason ${JSON.stringify(reason)} of an incomplete response`,
          incomplete({ reason }),
        ],
      ),
      ['R7', 'an event after the terminal event', before(end, named('response.in_progress', { sequence_number: 14 }))],
      ['R8', 'a delta of an unknown item', changed(4, { output_index: 5 })],
      ['json_malformed', 'data that is not JSON', (events) => events.with(4, ['response.output_text.delta', 'x'])],
      ['R1', 'null as data', (events) => events.with(4, ['response.output_text.delta', 'null'])],
      ['R1', 'an object without a type', (events) => events.with(4, ['response.output_text.delta', '{}'])],
    ],
    tolerated: [
      ['', 'a response that ends at the token limit', incomplete({ reason: 'max_output_tokens' })],
      ['', 'a response that a filter stops', incomplete({ reason: 'content_filter' })],
      ['R6', 'an incomplete response with an unknown reason', incomplete({ reason: 'new_reason' })],
      ['R6', 'an incomplete response without a reason', incomplete(null)],
    ],
  },
}

function shifted(events: readonly HandEvent[]): HandEvent[] {
  return events.map(([type, data]) => [type, { ...(data as object), index: 2 }])
}

for (const [name, { good, bad, tolerated }] of Object.entries(cases)) {
  const protocol = name as ProtocolName
  test(`${name}: a good stream has no findings, however it is cut in two, and also with CRLF`, () => {
    const bytes = onTheWire(good)
    const { ending, events, findings } = check(protocol, bytes)
    assert.deepEqual([ending, events, findings], ['whole', good.length, []])
    assert.deepEqual(check(protocol, Buffer.from(bytes.toString().replaceAll('\n', '\r\n'))).findings, [])
    for (let at = 0; at <= bytes.length; at++) {
      const cutFindings: PlacedFinding[] = []
      const stream = checkStream({ protocol, onFinding: (finding) => cutFindings.push(finding) })
      stream.push(Buffer.from(bytes.subarray(0, at)))
      stream.push(Buffer.from(bytes.subarray(at)))
      assert.equal(stream.end().ending, 'whole')
      assert.deepEqual(cutFindings, [])
    }
  })
  for (const [rule, what, change] of bad) {
    test(`${name}: ${what} breaks ${rule}`, () => {
      const rules = broken(protocol, change([...good]))
      assert.ok(rules.includes(rule), `${rules}`)
    })
  }
  for (const [rule, what, change] of tolerated) {
    test(`${name}: ${what} gives ${rule === '' ? 'no finding' : `a warning of ${rule}`}`, () => {
      const { ending, findings } = check(protocol, onTheWire(change([...good])))
      const seen = new Set(findings.map((finding) => `${finding.rule} ${finding.severity}`))
      assert.deepEqual([ending, [...seen]], ['whole', rule === '' ? [] : [`${rule} warning`]])
    })
  }
  test(`${name}: a stream that ends before its last event is truncated`, () => {
    for (let events = 1; events < good.length; events++) {
      const { ending, findings } = check(protocol, onTheWire(good.slice(0, events)))
      assert.equal(ending, 'cut')
      assert.ok(findings.length > 0)
    }
  })
  test(`${name}: a stream that ends with an error breaks no rule`, () => {
    const tail: HandEvent =
      protocol === 'openai-chat-completions'
        ? [undefined, { error: { message: 'no' } }]
        : protocol === 'openai-responses'
          ? named('error', { code: 'x', message: 'no', sequence_number: 4 })
          : error
    const { ending, findings } = check(protocol, onTheWire([...good.slice(0, 4), tail]))
    assert.deepEqual([ending, findings], ['error', []])
  })
}

test('an unknown event is only a warning', () => {
  const unknown = goodAnthropic.toSpliced(3, 0, named('new_event'))
  assert.deepEqual(
    check('anthropic-messages', onTheWire(unknown)).findings.map(({ rule, severity, event }) => [
      rule,
      severity,
      event,
    ]),
    [['A9', 'warning', 4]],
  )
})

test('defects of the wire are found in every protocol', () => {
  const bytes = onTheWire(goodChat)
  const rules = (cut: Buffer) => check('openai-chat-completions', cut).findings.map(({ rule }) => rule)
  assert.deepEqual(rules(bytes.subarray(0, -1)), ['unterminated_final_event', 'C5'])
  assert.deepEqual(rules(Buffer.alloc(0)), ['empty_stream'])
  assert.deepEqual(rules(Buffer.from(': hello\n\n')), ['empty_stream'])
  const broken = Buffer.from(bytes)
  broken[broken.indexOf('Hi')] = 0xff
  assert.deepEqual(rules(broken), ['I4'])
  assert.deepEqual(rules(Buffer.concat([bytes, Buffer.from('data: '), Buffer.alloc(8 * 2 ** 20 + 1, 97)])), [
    'event_too_large',
  ])
})

test('values that are too deep to serialize are reported like others', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  for (const protocol of protocolNames) {
    const members = ['type', 'index', 'choices', 'sequence_number', 'response', 'item'].map(
      (name) => `"${name}":${deep}`,
    )
    const { findings } = check(protocol, Buffer.from(`data: {${members.join(',')}}\n\n`))
    assert.ok(findings.length > 0)
    for (const { got } of findings) assert.ok(got.length <= 80, got)
  }
})
