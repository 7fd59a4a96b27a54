import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foundRecord, records, runOf } from '../../../test/fixtures/runs.ts'
import { summarize } from '../../judge/summary.ts'
import { ruleLines } from './findings.ts'

const linesOf = (run: ReturnType<typeof runOf>) => ruleLines(run, summarize(run).rules, 2)

describe('the findings in the report', () => {
  it('are counted by rule, with its title and the first examples', () => {
    const run = runOf([
      ...records(2),
      foundRecord(2, 'I5'),
      foundRecord(3, 'A3'),
      ...[4, 5, 6].map((at) => foundRecord(at, 'I5')),
    ])
    assert.deepEqual(linesOf(run), [
      '',
      '  Findings:',
      '    A3 message_start is missing, repeated, late or incomplete: 3 in 1 stream',
      '      stream 3, event 4, delta 2: expected "delta 2", got "red"',
      '    I5 text belongs to another stream (cross-talk): 12 in 4 streams',
      '      stream 2, event 4, delta 2: expected "delta 2", got "red"',
      '      stream 4, event 4, delta 2: expected "delta 2", got "red"',
    ])
  })

  it('have no lines if there are none', () => assert.deepEqual(linesOf(runOf(records(3))), []))
})
