import assert from 'node:assert/strict'
import { test } from 'node:test'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { summarizeCost } from './cost.ts'
import { summarize } from './summary.ts'

const mib = 2 ** 20

test('CPU time is related to events, and memory to concurrent streams', () => {
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

test('what was not measured is undefined: neither an event nor a stream looks free', () => {
  for (const measured of [{}, { memoryPeakBytes: mib }, { memoryBeforeBytes: mib }]) {
    const unrelated = { cpuS: undefined, cpuUsPerEvent: undefined, memoryPerStreamBytes: undefined }
    assert.deepEqual(summarizeCost(measured, 1000, 10), { ...measured, ...unrelated })
  }
})

test('nothing is related to a load without events or streams', () => {
  const measured = { cpuS: 1, memoryBeforeBytes: 1, memoryPeakBytes: 2 }
  const unrelated = { cpuUsPerEvent: undefined, memoryPerStreamBytes: undefined }
  assert.deepEqual(summarizeCost(measured, 0, 0), { ...measured, ...unrelated })
})

test('a summary relates the cost to the events of all streams and to its peak, and has none if none was measured', () => {
  const cost = { cpuS: 0.9, memoryBeforeBytes: mib, memoryPeakBytes: 5 * mib }
  const summary = summarize(runOf(records(4), { cost }))
  assert.deepEqual(summary.cost, { ...cost, cpuUsPerEvent: 25_000, memoryPerStreamBytes: mib })
  assert.equal(summarize(runOf(records(4))).cost, undefined)
})
