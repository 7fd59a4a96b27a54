import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedRecord, foundRecord, records, wholeRecord } from '../../test/fixtures/runs.ts'
import { formIds, formOf, goodForm } from './answer-form.ts'

test('a rule that most clean streams break is form, one that a few break is not', () => {
  const streams = [...records(3, (stream) => foundRecord(stream, 'A3')), foundRecord(3, 'A5'), wholeRecord(4)]
  assert.deepEqual(formOf(streams), { rules: ['A3'], kinds: [] })
})

test('wrong content is never form, and neither is a warning', () => {
  const warned = wholeRecord(0, {
    findings: [{ rule: 'A9', severity: 'warning', event: 1, expected: '', got: '' }],
  })
  assert.deepEqual(formOf([foundRecord(0, 'I1'), foundRecord(1, 'I1'), warned, warned]), goodForm)
})

test('streams without an answer do not count', () => {
  const refused = records(9, (stream) => failedRecord(stream, 'http_4xx', { status: 400, events: 0 }))
  assert.deepEqual(formIds(formOf([...refused, foundRecord(9, 'A3')])), ['A3'])
})

test('a failure that hides the content of most streams is form, a truncated stream is not', () => {
  const failed = records(4, (stream) =>
    failedRecord(stream, 'not_an_event', { findings: foundRecord(0, 'C1').findings }),
  )
  assert.deepEqual(formIds(formOf(failed)), ['C1', 'not_an_event'])
  assert.deepEqual(formOf(records(4, (stream) => failedRecord(stream, 'truncated_fin'))), goodForm)
})
