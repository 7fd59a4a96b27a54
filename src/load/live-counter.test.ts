import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortedRecord, failedRecord, ms, runOf, unconnectedRecord, wholeRecord } from '../../test/fixtures/runs.ts'
import { createLiveBoard, LiveCounter, readLiveBoard } from './live-counter.ts'

const thresholds = ['ttft.p99 < 250ms, abort', 'failed.rate < 1%, abort', 'ttft.max <= 1s, abort', 'ttft.p50 < 1ms']

test('the counts of all workers are summed, those of excluded phases left out', () => {
  const phases = [
    { name: 'warm-up', shape: 'burst', streams: 9, excluded: true },
    { name: 'load', shape: 'burst', streams: 9 },
  ] as const
  const { scenario } = runOf([], { scenario: { thresholds, phases } })
  const board = createLiveBoard(scenario, 3) as SharedArrayBuffer
  const counters = [0, 1, 2].map((worker) => new LiveCounter(board, scenario, worker))
  for (const [at, ttftMs] of [100, 250, 900, 1000, 1001].entries()) counters[at % 3]?.first(1, ttftMs * ms)
  counters[0]?.first(0, 5000 * ms)
  counters[0]?.ended({ ...failedRecord(0), phase: 0 })
  for (const [at, record] of [wholeRecord(1), failedRecord(2), unconnectedRecord(3), abortedRecord(4)].entries())
    counters[at % 3]?.ended({ ...record, phase: 1 })
  assert.deepEqual(readLiveBoard(board, scenario), { ended: 3, failed: 2, timed: 6, over: [5, 2] })
})

test('a load that no threshold may end counts nothing', () => {
  assert.equal(createLiveBoard(runOf([], { scenario: { thresholds: ['failed.rate < 1%'] } }).scenario, 3), undefined)
  assert.equal(createLiveBoard(runOf([]).scenario, 3), undefined)
})
