import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foundRecord, records, runOf } from '../../test/fixtures/runs.ts'
import { summarize } from '../judge/summary.ts'
import { findingLines } from './finding-lines.ts'

const linesOf = (run: ReturnType<typeof runOf>) => findingLines(run, summarize(run).rules)

describe('the findings in the report', () => {
  it('are counted by rule, with the first two of each, and steer no terminal', () => {
    const run = runOf([
      ...records(2),
      foundRecord(2, 'I5'),
      foundRecord(3, 'A3'),
      ...[4, 5, 6].map((at) => foundRecord(at, 'I5')),
    ])
    assert.deepEqual(linesOf(run), [
      '',
      '  Findings:',
      '    A3: 3 in 1 stream',
      '      stream 3, event 4, delta 2: expected "delta 2", got "red"',
      '    I5: 12 in 4 streams',
      '      stream 2, event 4, delta 2: expected "delta 2", got "red"',
      '      stream 4, event 4, delta 2: expected "delta 2", got "red"',
    ])
  })

  it('are no lines where there is none', () => assert.deepEqual(linesOf(runOf(records(3))), []))
})
