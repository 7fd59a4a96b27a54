import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failedRecord, records, runOf, unconnectedRecord, wholeRecord } from '../../test/fixtures/runs.ts'
import type { Run } from '../model/run.ts'
import { judge } from './judgement.ts'

describe('a judgement', () => {
  const withFailures = (failures: number, members: Partial<Omit<Run, 'scenario'>> = {}) =>
    runOf(
      records(100, (stream) => (stream < failures ? failedRecord(stream) : wholeRecord(stream))),
      members,
    )

  for (const [verdict, run, status] of [
    ['pass', withFailures(0), 0],
    ['warn', withFailures(2), 0],
    ['fail', withFailures(20), 1],
    ['fail', withFailures(60), 2],
    ['invalid', runOf([...records(9), unconnectedRecord(9, 'local_resource')]), 3],
  ] as const)
    it(`has the exit status ${status} for the verdict ${verdict}`, () => {
      const judgement = judge(run)
      assert.equal(judgement.verdict, verdict)
      assert.equal(judgement.exitStatus, status)
    })

  it('has the exit status of an interrupt before that of its verdict', () => {
    assert.equal(judge(withFailures(0, { interruptedBy: 'SIGINT' })).exitStatus, 130)
    assert.equal(judge(withFailures(60, { interruptedBy: 'SIGTERM' })).exitStatus, 143)
  })

  it('is the same each time, as it depends on the run alone', () => {
    const run = withFailures(3)
    assert.deepEqual(judge(run), judge(run))
  })
})
