import assert from 'node:assert/strict'
import { test } from 'node:test'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { summarizeCost } from './cost.ts'
import { summarize } from './summary.ts'

const mib = 2 ** 20

test('CPU time is divided by events, and memory by concurrent streams', () => {
  const measured = { cpuS: 1.5, memoryBeforeBytes: 50 * mib, memoryPeakBytes: 70 * mib, memoryAfterBytes: 60 * mib }
  assert.deepEqual(summarizeCost(measured, 30_000, 200), {
    ...measured,
    cpuUsPerEvent: 50,
    memoryPerStreamBytes: mib / 10,
  })
})

test("the CPU clock of a container's control group is preferred, because it is finer", () => {
  const cost = summarizeCost({ cpuS: 1.5, container: { cpuS: 1.23456 } }, 1000, 10)
  assert.deepEqual([cost.cpuS, cost.cpuUsPerEvent], [1.23456, 1234.56])
  const coarse = summarizeCost({ cpuS: 1.5, container: { oomKills: 0 } }, 1000, 10)
  assert.deepEqual([coarse.cpuS, coarse.cpuUsPerEvent], [1.5, 1500])
})

test('what was not measured is undefined, not 0', () => {
  for (const measured of [{}, { memoryPeakBytes: mib }, { memoryBeforeBytes: mib }]) {
    const unrelated = { cpuS: undefined, cpuUsPerEvent: undefined, memoryPerStreamBytes: undefined }
    assert.deepEqual(summarizeCost(measured, 1000, 10), { ...measured, ...unrelated })
  }
})

test('a load without events or streams has no cost per event or stream', () => {
  const measured = { cpuS: 1, memoryBeforeBytes: 1, memoryPeakBytes: 2 }
  const unrelated = { cpuUsPerEvent: undefined, memoryPerStreamBytes: undefined }
  assert.deepEqual(summarizeCost(measured, 0, 0), { ...measured, ...unrelated })
})

test('a summary divides the cost by the events of all streams and by its peak, and has no cost if none was measured', () => {
  const cost = { cpuS: 0.9, memoryBeforeBytes: mib, memoryPeakBytes: 5 * mib }
  const summary = summarize(runOf(records(4), { cost }))
  assert.deepEqual(summary.cost, { ...cost, cpuUsPerEvent: 25_000, memoryPerStreamBytes: mib })
  assert.equal(summarize(runOf(records(4))).cost, undefined)
})
