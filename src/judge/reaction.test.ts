import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { failedRecord, wholeRecord } from '../../test/fixtures/runs.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamRecord } from '../model/record.ts'
import { type ReactionName, reactionTo } from './reaction.ts'

/** The fault, what the client saw (the outcome; attempts; broken rules), and the expected judgement, derived by hand from the detection matrix. */
const judgements: readonly (readonly [
  fault: string,
  seen: 'whole' | FailureKind,
  ReactionName,
  isRight: boolean,
  attempts?: number,
  rules?: readonly string[],
])[] = [
  // Row 18: a connection that was closed mid-stream.
  ['fin@50%', 'whole', 'rescued', true, 2],
  ['fin@50%', 'inband_error', 'honest', true],
  ['fin@50%', 'http_5xx', 'honest', true],
  ['fin@50%', 'truncated_fin', 'passed-on', true],
  ['fin@50%', 'reset_midstream', 'honest', true],
  ['fin@50%', 'truncated_clean_eof', 'masked', false],
  ['fin@50%', 'masked_truncation', 'masked', false],
  ['fin@50%', 'text_missing', 'lost', false],
  ['fin@50%', 'token_idle_timeout', 'hang', false],
  // Row 21: the headline case.
  ['truncate@50%', 'truncated_clean_eof', 'passed-on', true],
  ['truncate@50%', 'masked_truncation', 'masked', false],
  // Rows 7 to 9: the gateway must preserve the status and limit its attempts.
  ['http-400', 'http_4xx', 'passed-on', true, 1],
  ['http-400', 'http_4xx', 'passed-on', false, 2],
  ['http-400', 'inband_error', 'honest', false, 1],
  ['http-429', 'http_429', 'passed-on', true, 4],
  ['http-429', 'http_429', 'passed-on', false, 5],
  ['http-500', 'whole', 'rescued', true, 2],
  ['http-502', 'http_5xx', 'passed-on', true, 1],
  ['http-401', 'http_5xx', 'honest', false, 1],
  ['http-429', 'http_5xx', 'honest', false, 1],
  ['http-500', 'inband_error', 'honest', false, 1],
  // Rows 25 and 28: a gateway cannot see what HTTP cuts off; odd metadata does not excuse an incomplete stream.
  ['length-short', 'unterminated_final_event', 'honest', true],
  ['double-usage', 'truncated_clean_eof', 'masked', false],
  ['changing-id', 'empty_stream', 'masked', false],
  // Rows 13, 14 and 16: an empty answer or an error must not become a success.
  ['empty-200', 'masked_truncation', 'masked', false],
  ['error@50%', 'inband_error', 'passed-on', true],
  ['error@50%', 'error_then_success', 'masked', false],
  // Rows 22 and 23: a gateway may add a missing terminator, but not a stop reason.
  ['no-done', 'whole', 'whole', true],
  ['no-done', 'missing_done', 'passed-on', true],
  ['no-finish', 'whole', 'masked', false],
  // Rows 27, 29 to 31.
  ['bad-json@50%', 'text_missing', 'lost', false],
  ['bad-json@50%', 'json_malformed', 'passed-on', true],
  ['stall@50%', 'token_idle_timeout', 'hang', false],
  ['stall@50%', 'inband_error', 'honest', true],
  ['stall-first', 'http_5xx', 'honest', true],
  // Rows 32 and 33: a healthy stream must arrive complete.
  ['slow-first', 'whole', 'whole', true],
  ['slow-first', 'inband_error', 'lost', false],
  ['crlf', 'text_missing', 'lost', false],
  // Row 37: a gateway may pass on what it cannot detect.
  ['foreign-delta@50%', 'cross_talk', 'passed-on', true, 1, ['I5']],
  ['drop-delta@50%', 'cross_talk', 'lost', false],
  // Row 53: an empty stop reason is none.
  ['finish-empty', 'whole', 'whole', true],
  ['finish-empty', 'masked_truncation', 'lost', false, 1, ['I6']],
  ['finish-empty', 'inband_error', 'lost', false],
  ['finish-only-empty', 'masked_truncation', 'passed-on', true],
  ['finish-only-empty', 'whole', 'masked', false],
  // Row 54: as it is (C3), translated (whole) or reported, but not another one (only I9).
  ['foreign-tool-stop', 'stop_reason_differs', 'passed-on', true, 1, ['C3', 'I9']],
  ['foreign-tool-stop', 'stop_reason_differs', 'lost', false, 1, ['I9']],
  ['foreign-tool-stop', 'whole', 'whole', true],
  ['foreign-tool-stop', 'inband_error', 'honest', true],
  // Row 55.
  ['late-text@50%', 'whole', 'whole', true, 1, ['C3']],
  ['late-text@50%', 'masked_truncation', 'masked', false, 1, ['I6']],
  ['late-text@50%', 'inband_error', 'honest', true],
  // Row 56: what is missing cannot be repaired, and must not be hidden by another stop reason.
  ['no-content', 'masked_truncation', 'passed-on', true, 1, ['I6']],
  ['no-content', 'inband_error', 'honest', true],
  ['call-missing', 'tool_args_differ', 'passed-on', true, 1, ['I7', 'C3']],
  ['call-missing', 'tool_args_differ', 'masked', false, 1, ['I7', 'I9']],
  ['call-missing', 'inband_error', 'honest', true],
  ['call-denied', 'whole', 'whole', true],
  ['call-denied', 'stop_reason_differs', 'passed-on', true, 1, ['I9']],
  // Row 57.
  ['finish-error@50%', 'masked_truncation', 'passed-on', true, 1, ['C3', 'I6']],
  ['finish-error@50%', 'masked_truncation', 'masked', false, 1, ['I6']],
  ['error-with-finish@50%', 'inband_error', 'passed-on', true],
  // Rows 58 to 60: as it is, repaired or reported, but not lost.
  ['call-same-id', 'whole', 'whole', true, 1, ['C6']],
  ['call-same-id', 'tool_args_differ', 'lost', false, 1, ['I7']],
  ['call-no-name', 'tool_args_differ', 'passed-on', true, 1, ['C6', 'I7']],
  ['call-no-name', 'tool_args_differ', 'lost', false, 1, ['I7']],
  ['args-object', 'tool_args_differ', 'passed-on', true, 1, ['C6', 'I7']],
  ['args-object', 'tool_args_differ', 'lost', false, 1, ['I7']],
  ['args-object', 'whole', 'whole', true],
  ['content-list', 'masked_truncation', 'passed-on', true, 1, ['C1', 'I6']],
  ['content-list', 'masked_truncation', 'masked', false, 1, ['I6']],
  ['extra-choice', 'text_corrupted', 'passed-on', true, 1, ['C9', 'I4']],
  ['extra-choice', 'text_corrupted', 'lost', false, 1, ['I4']],
  // The gateway answered without a request to the mock.
  ['reset@50%', 'http_429', 'not-asked', false, 0],
]

const circumstances = { protocol: 'openai-chat-completions', chunks: 12, isDirect: false } as const

function recordOf(
  fault: string,
  seen: 'whole' | FailureKind,
  attempts: number,
  broken: readonly string[] = [],
): StreamRecord {
  return {
    findings: broken.map((rule) => ({ rule, severity: 'error', expected: '', got: '', event: 1 })),
    ...(seen === 'whole' ? wholeRecord(1) : failedRecord(1, seen)),
    fault,
    attempts,
    ...(seen.startsWith('http_4') && { status: Number(fault.slice(5, 8)) || 200 }),
  }
}

test('a stream that failed in this program is not a reaction of the gateway', () => {
  const record = failedRecord(0, 'internal_error', { fault: 'fin@50%', attempts: 1, faulty: 1 })
  assert.equal(reactionTo(record, { protocol: 'openai-chat-completions', chunks: 10, isDirect: false }), undefined)
})

describe('the reaction of a gateway to a fault', () => {
  for (const [fault, seen, name, isRight, attempts = 1, broken = []] of judgements) {
    const saw = [seen, ...broken].join(' ')
    it(`is ${name} and ${isRight ? 'correct' : 'wrong'} if ${fault} became ${saw} in ${attempts} attempts`, () => {
      const reaction = reactionTo(recordOf(fault, seen, attempts, broken), circumstances)
      assert.equal(reaction?.name, name)
      assert.equal(reaction?.isRight, isRight, reaction?.why)
      assert.equal(reaction?.why === '', isRight)
    })
  }

  it('counts as correct if the upstream protocol does not have the fault', () => {
    const record = { ...recordOf('error-unnamed@50%', 'whole', 1), faulty: 0 }
    assert.deepEqual(reactionTo(record, circumstances), { name: 'not-played', isRight: true, why: '' })
  })

  it('must be the exact outcome if there is no gateway', () => {
    const direct = { ...circumstances, isDirect: true }
    assert.equal(reactionTo(recordOf('stall@50%', 'token_idle_timeout', 1), direct)?.isRight, true)
    assert.equal(reactionTo(recordOf('stall@50%', 'inband_error', 1), direct)?.isRight, false)
  })

  it('must preserve the exact status of a refusal, not only its class', () => {
    assert.equal(reactionTo({ ...recordOf('http-400', 'http_4xx', 1), status: 404 }, circumstances)?.isRight, false)
  })

  it('is undefined without a fault, or if the stream was aborted', () => {
    assert.equal(reactionTo(wholeRecord(1), circumstances), undefined)
    const aborted = { ...recordOf('fin@50%', 'whole', 1), outcome: { state: 'aborted', phase: 'stream' } } as const
    assert.equal(reactionTo(aborted, circumstances), undefined)
  })
})
