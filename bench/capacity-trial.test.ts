import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trialOf } from './capacity-trial.ts'

const whole = {
  verdict: { verdict: 'pass', reasons: [] as string[] },
  report: { successful: 10, peak_concurrent: 10, errors: {} },
}

test('streams count as held if they are all complete and were all open at the same time', () => {
  assert.deepEqual(trialOf(10, whole), { isHeld: true, gaveOut: '' })
})

test('a failed trial is described by its failure kinds and the reasons of the verdict', () => {
  const report = { successful: 7, peak_concurrent: 10, errors: { truncated_fin: 2, connect_refused: 1 } }
  const verdict = { verdict: 'fail', reasons: ['3/10 streams failed (30.0%)'] }
  assert.deepEqual(trialOf(10, { verdict, report }), {
    isHeld: false,
    gaveOut: '2 truncated_fin; 1 connect_refused; 3/10 streams failed (30.0%)',
  })
})

test('streams that were complete one after the other do not count as held', () => {
  const { isHeld, gaveOut } = trialOf(10, { ...whole, report: { ...whole.report, peak_concurrent: 9 } })
  assert.deepEqual([isHeld, gaveOut], [false, '9 of 10 open at once'])
})

test('a run that is limited by the harness counts as not held', () => {
  const verdict = { verdict: 'invalid', reasons: ['the mock died'] }
  assert.deepEqual(trialOf(10, { ...whole, verdict }), { isHeld: false, gaveOut: 'the mock died' })
})
