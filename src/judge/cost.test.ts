import assert from 'node:assert/strict'
import { test } from 'node:test'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { summarizeCost } from './cost.ts'
import { summarize } from './summary.ts'

const mib = 2 ** 20

test('CPU time is told for each event, and memory for each stream that was open at once', () => {
  const measured = { cpuS: 1.5, memoryBeforeBytes: 50 * mib, memoryPeakBytes: 70 * mib, memoryAfterBytes: 60 * mib }
  assert.deepEqual(summarizeCost(measured, 30_000, 200), {
    ...measured,
    cpuUsPerEvent: 50,
    memoryPerStreamBytes: mib / 10,
  })
})

test("the clock of a container's control group is taken where there is one, as it is finer", () => {
  const cost = summarizeCost({ cpuS: 1.5, container: { cpuS: 1.23456 } }, 1000, 10)
  assert.deepEqual([cost.cpuS, cost.cpuUsPerEvent], [1.23456, 1234.56])
  const coarse = summarizeCost({ cpuS: 1.5, container: { oomKills: 0 } }, 1000, 10)
  assert.deepEqual([coarse.cpuS, coarse.cpuUsPerEvent], [1.5, 1500])
})

test('what was not measured is absent: neither an event nor a stream looks free', () => {
  assert.deepEqual(summarizeCost({}, 1000, 10), {})
  assert.deepEqual(summarizeCost({ memoryPeakBytes: mib }, 1000, 10), { memoryPeakBytes: mib })
  assert.deepEqual(summarizeCost({ memoryBeforeBytes: mib }, 1000, 10), { memoryBeforeBytes: mib })
})

test('without an event or a stream there is nothing to relate to', () => {
  const measured = { cpuS: 1, memoryBeforeBytes: 1, memoryPeakBytes: 2 }
  assert.deepEqual(summarizeCost(measured, 0, 0), measured)
})

test('a summary relates the cost to the events of all streams and to its own peak, and has none where none was measured', () => {
  const cost = { cpuS: 0.9, memoryBeforeBytes: mib, memoryPeakBytes: 5 * mib }
  const summary = summarize(runOf(records(4), { cost }))
  assert.deepEqual(summary.cost, { ...cost, cpuUsPerEvent: 25_000, memoryPerStreamBytes: mib })
  assert.equal('cost' in summarize(runOf(records(4))), false)
})
