import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, failedRecord, foundRecord, ms, wholeRecord } from '../../test/fixtures/runs.ts'
import type { StreamRecord } from '../model/record.ts'
import { goodForm } from './answer-form.ts'
import { type ConformCase, judgeCase } from './conformance.ts'

const plan = { chunks: 12, delayMs: 20 } as const
const clean: ConformCase = { name: 'clean plain', describe: '', rows: [], content: 'plain' }
const leaving: ConformCase = { ...clean, name: 'abort@50%', clientFault: 'abort@50%' }
const faulty: ConformCase = { ...clean, name: 'stall@50%', fault: 'stall@50%' }

/** All deltas in one burst, after the time of the plan. */
const burst = { requestSentNs: beginNs, firstDeltaNs: beginNs + 220 * ms, lastDeltaNs: beginNs + 221 * ms } as const

/** A stream whose client left, and whose upstream stream ended some time after that. */
const left = (afterMs: number): StreamRecord => {
  const record = wholeRecord(0, { outcome: { state: 'aborted', phase: 'stream' }, clientFault: 'abort@50%' })
  return { ...record, upstream: { state: 'served', endedNs: record.endedNs + afterMs * ms } }
}

describe('a case that fails', () => {
  for (const [what, conformCase, record, timed] of [
    ['by a burst', clean, wholeRecord(0, burst), 'burst'],
    ['by a burst and a broken rule', clean, foundRecord(0, 'A5', burst), undefined],
    ['by a burst and a rule of its form', clean, foundRecord(0, 'A3', burst), 'burst'],
    ['by a deadline', clean, failedRecord(0, 'first_token_timeout'), 'deadline'],
    ['by wrong content', clean, failedRecord(0, 'masked_truncation'), undefined],
    ['by a late cancellation', leaving, left(5000), 'cancellation'],
    ['by a broken connection', leaving, failedRecord(0, 'truncated_fin'), undefined],
    ['by a hang', faulty, failedRecord(0, 'token_idle_timeout', { fault: 'stall@50%' }), 'deadline'],
    ['by hiding a fault', faulty, failedRecord(0, 'masked_truncation', { fault: 'stall@50%' }), undefined],
  ] as const)
    it(`${what} fails by ${timed ?? 'more than time'}`, () => {
      const form = { ...goodForm, rules: ['A3'] }
      const judged = judgeCase(conformCase, record, {
        ...plan,
        protocol: 'anthropic-messages',
        isDirect: false,
        form,
      })
      assert.deepEqual([judged.isRight, judged.timed], [false, timed])
    })
})

describe('a clean stream that breaks a rule', () => {
  for (const [rule, form, isRight, rules, formRules] of [
    ['A3', [], false, ['A3'], []],
    ['A3', ['A3'], true, [], ['A3']],
    ['A5', ['A3'], false, ['A5'], []],
  ] as const)
    it(`${rule} ${isRight ? 'passes' : 'fails'} if the form of every answer is ${form.join() || 'right'}`, () => {
      const options = { ...plan, protocol: 'anthropic-messages', isDirect: false } as const
      const judged = judgeCase(clean, foundRecord(0, rule), { ...options, form: { rules: form, kinds: [] } })
      assert.deepEqual([judged.isRight, judged.rules, judged.form], [isRight, rules, formRules])
    })
})
