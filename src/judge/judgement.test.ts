import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, failedRecord, ms, records, runOf, unconnectedRecord, wholeRecord } from '../../test/fixtures/runs.ts'
import type { Run } from '../model/run.ts'
import { judge, startSkewMs } from './judgement.ts'

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

  it('has the exit status of the interrupt, if there was one, instead of that of its verdict', () => {
    assert.equal(judge(withFailures(0, { interruptedBy: 'SIGINT' })).exitStatus, 130)
    assert.equal(judge(withFailures(60, { interruptedBy: 'SIGTERM' })).exitStatus, 143)
  })

  it('does not count a failed warm-up as a load that mostly failed', () => {
    const { verdict, mostlyFailed, exitStatus } = judge(withFailures(100, { stopped: { phase: 'warm-up' } }))
    assert.deepEqual([verdict, mostlyFailed, exitStatus], ['fail', false, 1])
  })

  it('is always the same for the same run', () => {
    const run = withFailures(3)
    assert.deepEqual(judge(run), judge(run))
  })
})

/** A stream that was due `dueMs` after the beginning and started `lateMs` later. */
const late = (stream: number, dueMs: number, lateMs: number) =>
  wholeRecord(stream, { intendedNs: beginNs + dueMs * ms, startedNs: beginNs + (dueMs + lateMs) * ms })

describe('the skew of the start', () => {
  it('is how much the first starts of the workers differ in lateness', () => {
    const records = [late(0, 0, 0.5), late(1, 10, 2), late(2, 20, 1), late(3, 30, 40), late(4, 40, 50)]
    assert.equal(startSkewMs(records, 3), 1.5)
  })

  it('is undefined if only one worker started a stream', () => {
    assert.equal(startSkewMs([late(0, 0, 1), late(1, 0, 5)], 1), undefined)
    assert.equal(startSkewMs([late(0, 0, 1), late(2, 0, 5)], 2), undefined)
    assert.equal(startSkewMs([], 2), undefined)
  })
})
