import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { platform } from 'node:os'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { startBusyProcess } from '../../test/fixtures/busy-process.ts'
import { costOf, type Reading, startMeter } from './meter.ts'

describe('the cost between readings', () => {
  const first = { cpuS: 1.5, memoryBytes: 100, memoryPeakBytes: 300, descriptors: 20 }
  const last = { cpuS: 2.75, memoryBytes: 150, memoryPeakBytes: 400, descriptors: 25 }

  it('is what was taken from the first to the last, and the highest in between', () => {
    const between = { cpuS: 2, memoryBytes: 500, descriptors: 220 }
    assert.deepEqual(costOf([first, between, last]), {
      cpuS: 1.25,
      memoryBeforeBytes: 100,
      memoryPeakBytes: 500,
      memoryAfterBytes: 150,
      descriptorsBefore: 20,
      descriptorsPeak: 220,
      descriptorsAfter: 25,
    })
    assert.equal(costOf([first, last])?.memoryPeakBytes, 400)
  })

  it('is not known from fewer than two readings', () => {
    assert.equal(costOf([]), undefined)
    assert.equal(costOf([first]), undefined)
  })

  it('has no member that was not measured', () => {
    assert.deepEqual(costOf([{}, {}]), {})
    assert.deepEqual(costOf([{ descriptors: 7 }, { cpuS: 3 }]), { descriptorsBefore: 7, descriptorsPeak: 7 })
  })

  it('of a container is the difference of what only grows, and the last of what is a level or a limit', () => {
    const taken = { cpuS: 10, periods: 50, throttledPeriods: 5, throttledS: 0.5, oomKills: 1 }
    const before = { ...taken, memoryPeakBytes: 2 ** 20, memoryLimitBytes: 2 ** 28, cpuLimit: 2 }
    const later = { cpuS: 14, periods: 90, throttledPeriods: 35, throttledS: 3.5, oomKills: 1 }
    const after = { ...later, memoryPeakBytes: 2 ** 27, memoryLimitBytes: 2 ** 29, cpuLimit: 1 }
    assert.deepEqual(costOf([{ container: before }, { container: after }])?.container, {
      cpuS: 4,
      periods: 40,
      throttledPeriods: 30,
      throttledS: 3,
      oomKills: 0,
      memoryPeakBytes: 2 ** 27,
      memoryLimitBytes: 2 ** 29,
      cpuLimit: 1,
    })
    assert.equal(costOf([first, { ...last, container: after }])?.container, undefined)
  })

  it('of a gateway that ended is up to its last reading, and its container is read to the end', () => {
    const container = { oomKills: 0, cpuS: 1 }
    const cost = costOf([{ ...first, container }, { ...last, container }, { container: { oomKills: 1, cpuS: 3 } }])
    assert.deepEqual(cost?.container, { oomKills: 1, cpuS: 2 })
    assert.deepEqual([cost?.cpuS, cost?.memoryAfterBytes, cost?.descriptorsAfter], [1.25, 150, 25])
  })

  it('has a peak that no reading is above, and none that was not read', () => {
    const level = fc.option(fc.nat(), { nil: undefined })
    const anyReading = fc.record({ memoryBytes: level, descriptors: level })
    fc.assert(
      fc.property(fc.array(anyReading, { minLength: 2 }), (readings) => {
        const cost = costOf(readings as Reading[])
        for (const [peak, name] of [
          [cost?.memoryPeakBytes, 'memoryBytes'],
          [cost?.descriptorsPeak, 'descriptors'],
        ] as const) {
          const values = readings.map((one) => one[name]).filter((value) => value !== undefined)
          assert.equal(peak, values.length === 0 ? undefined : values.toSorted((a, b) => b - a)[0])
        }
      }),
    )
  })
})

const timeout = 60_000
const skip = platform() !== 'linux' && 'only Linux tells of processes in /proc'
const skipContainer =
  !['/sys/fs/cgroup/cgroup.controllers', '/sys/fs/cgroup/cpuacct'].some(existsSync) && 'no control groups'

test('a meter shows what a process takes while it runs, and not what it took before', { skip, timeout }, async (t) => {
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
  assert.equal('container' in cost, false)
})

test('a meter looks in between too: descriptors that are closed again before it stops are in the peak', {
  skip,
  timeout,
}, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.take('burn', 0)
  const meter = startMeter({ pid: busy.pid, inContainer: false })
  await busy.take('open', 200)
  // Longer than the time between two looks.
  await busy.take('burn', 600)
  await busy.take('close')
  const { descriptorsBefore = Number.NaN, descriptorsPeak, descriptorsAfter } = meter.stop() ?? {}
  assert.equal(descriptorsAfter, descriptorsBefore)
  assert.equal(descriptorsPeak, descriptorsBefore + 200)
})

test('of a process that is gone before it was seen there is no cost', { skip, timeout }, async (t) => {
  const busy = await startBusyProcess(t)
  await busy.kill()
  assert.equal(startMeter({ pid: busy.pid, inContainer: false }).stop(), undefined)
})

test('in a container its control group is read as well, and by its keeper when the gateway has ended', {
  skip: skip || skipContainer,
  timeout,
}, async (t) => {
  const [busy, other] = [await startBusyProcess(t), await startBusyProcess(t)]
  const alone = startMeter({ pid: busy.pid, inContainer: true })
  const kept = startMeter({ pid: busy.pid, inContainer: true, keeperPid: process.pid })
  await busy.take('burn', 300)
  await busy.kill()
  await other.take('burn', 500)
  const [untilItsEnd, toTheEnd] = [alone.stop(), kept.stop()]
  const more = (toTheEnd?.container?.cpuS ?? 0) - (untilItsEnd?.container?.cpuS ?? 0)
  assert.ok(more >= 0.5, `${more}`)
})
