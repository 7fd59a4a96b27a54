import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { platform } from 'node:os'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { asJson } from '../../test/fixtures/as-json.ts'
import { startBusyProcess } from '../../test/fixtures/busy-process.ts'
import { type Reading, Readings, startMeter } from './meter.ts'

function costBetween(readings: readonly Reading[]) {
  const added = new Readings()
  for (const reading of readings) added.add(reading)
  const cost = added.cost()
  return asJson(cost) as typeof cost
}

describe('the cost between readings', () => {
  const first = { cpuS: 1.5, memoryBytes: 100, memoryPeakBytes: 300, descriptors: 20 }
  const last = { cpuS: 2.75, memoryBytes: 150, memoryPeakBytes: 400, descriptors: 25 }

  it('is the difference between the first and the last reading, and the highest value in between', () => {
    const between = { cpuS: 2, memoryBytes: 500, descriptors: 220 }
    assert.deepEqual(costBetween([first, between, last]), {
      cpuS: 1.25,
      memoryBeforeBytes: 100,
      memoryPeakBytes: 500,
      memoryAfterBytes: 150,
      descriptorsBefore: 20,
      descriptorsPeak: 220,
      descriptorsAfter: 25,
    })
    assert.equal(costBetween([first, last])?.memoryPeakBytes, 400)
  })

  it('is unknown with fewer than two readings', () => {
    assert.equal(costBetween([]), undefined)
    assert.equal(costBetween([first]), undefined)
  })

  it('contains only what was measured', () => {
    assert.deepEqual(costBetween([{}, {}]), {})
    assert.deepEqual(costBetween([{ descriptors: 7 }, { cpuS: 3 }]), { descriptorsBefore: 7, descriptorsPeak: 7 })
  })

  it('of a container is the difference of counters, and the last value of levels and limits', () => {
    const taken = { cpuS: 10, periods: 50, throttledPeriods: 5, throttledS: 0.5, oomKills: 1 }
    const before = { ...taken, memoryPeakBytes: 2 ** 20, memoryLimitBytes: 2 ** 28, cpuLimit: 2 }
    const later = { cpuS: 14, periods: 90, throttledPeriods: 35, throttledS: 3.5, oomKills: 1 }
    const after = { ...later, memoryPeakBytes: 2 ** 27, memoryLimitBytes: 2 ** 29, cpuLimit: 1 }
    assert.deepEqual(costBetween([{ container: before }, { container: after }])?.container, {
      cpuS: 4,
      periods: 40,
      throttledPeriods: 30,
      throttledS: 3,
      oomKills: 0,
      memoryPeakBytes: 2 ** 27,
      memoryLimitBytes: 2 ** 29,
      cpuLimit: 1,
    })
    assert.equal(costBetween([first, { ...last, container: after }])?.container, undefined)
  })

  it('ends with the last reading of a gateway that has exited, while its container is read to the end', () => {
    const container = { oomKills: 0, cpuS: 1 }
    const cost = costBetween([{ ...first, container }, { ...last, container }, { container: { oomKills: 1, cpuS: 3 } }])
    assert.deepEqual(cost?.container, { oomKills: 1, cpuS: 2 })
    assert.deepEqual([cost?.cpuS, cost?.memoryAfterBytes, cost?.descriptorsAfter], [1.25, 150, 25])
  })

  it('has the highest reading as its peak, or none if nothing was read', () => {
    const level = fc.option(fc.nat(), { nil: undefined })
    const anyReading = fc.record({ memoryBytes: level, descriptors: level })
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 2 }), (readings) => {
        const cost = costBetween(readings as Reading[])
        for (const [peak, name] of [
          [cost?.memoryPeakBytes, 'memoryBytes'],
          [cost?.descriptorsPeak, 'descriptors'],
        ] as const) {
          const values = readings.map((reading) => reading[name]).filter((value) => value !== undefined)
          assert.equal(peak, values.length === 0 ? undefined : values.toSorted((a, b) => b - a)[0])
        }
      }),
    )
  })
})

const timeout = 60_000
const skip = platform() !== 'linux' && 'needs /proc'
const skipContainer =
  !['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/cpuacct'].some(existsSync) && 'no control groups'

test('a meter counts what a process uses while the meter runs, not before', { skip, timeout }, async (t) => {
  const busy = await startBusyProcess(t)
  const before = await busy.take('burn', 1000)
  const meter = startMeter({ pid: busy.pid, inContainer: false })
  await busy.take('hold', 128)
  await busy.take('open', 200)
  const after = await busy.take('burn', 300)
  const cost = meter.stop()
  assert.ok(cost?.cpuS !== undefined && cost.cpuS >= 0.3 - 0.02, `${cost?.cpuS}`)
  assert.ok(cost.cpuS <= after.cpuS - before.cpuS + 0.02, `${cost.cpuS}`)
  const { memoryBeforeBytes = 0, memoryPeakBytes = 0, memoryAfterBytes = 0 } = cost
  assert.ok(memoryAfterBytes - memoryBeforeBytes > 100 * 2 ** 20)
  assert.ok(memoryPeakBytes >= memoryAfterBytes)
  const { descriptorsBefore = Number.NaN } = cost
  assert.deepEqual([cost.descriptorsPeak, cost.descriptorsAfter], [descriptorsBefore + 200, descriptorsBefore + 200])
  assert.equal(cost.container, undefined)
})

test('the peak includes descriptors that are closed again before the meter stops', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.take('burn', 0)
  const meter = startMeter({ pid: busy.pid, inContainer: false })
  await busy.take('open', 200)
  // Longer than the interval between two readings.
  await busy.take('burn', 600)
  await busy.take('close')
  const { descriptorsBefore = Number.NaN, descriptorsPeak, descriptorsAfter } = meter.stop() ?? {}
  assert.equal(descriptorsAfter, descriptorsBefore)
  assert.equal(descriptorsPeak, descriptorsBefore + 200)
})

test('a process that has exited before the first reading has no cost', { skip, timeout }, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.kill()
  assert.equal(startMeter({ pid: busy.pid, inContainer: false }).stop(), undefined)
})

test('the cost of a container is not read from a control group that it shares with this process', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  const meter = startMeter({ pid: busy.pid, inContainer: true })
  await busy.take('burn', 100)
  const cost = meter.stop()
  assert.ok((cost?.cpuS ?? 0) > 0)
  assert.equal(cost?.container, undefined)
})

test('in a container its control group is read too, through the keeper once the gateway has ended', {
  skip: skip || skipContainer,
  timeout,
}, async (t) => {
  const [busy, busyLater] = [await startBusyProcess(t), await startBusyProcess(t)]
  const isOwn = () => true
  const alone = startMeter({ pid: busy.pid, inContainer: true }, isOwn)
  const kept = startMeter({ pid: busy.pid, inContainer: true, keeperPid: process.pid }, isOwn)
  await busy.take('burn', 300)
  await busy.kill()
  await busyLater.take('burn', 500)
  const [untilItsEnd, toTheEnd] = [alone.stop(), kept.stop()]
  const more = (toTheEnd?.container?.cpuS ?? 0) - (untilItsEnd?.container?.cpuS ?? 0)
  assert.ok(more >= 0.5, `${more}`)
})
