import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { machineClocks, watchSuspension } from './suspension.ts'

/** Clocks of a machine that was up for an hour; `hasBoot` is whether it reports the time since boot. */
function fakeClocks(hasBoot = true) {
  const now = { monotonicMs: 3_600_000, sinceBootMs: 3_700_000, wallMs: 1_700_000_000_000 }
  const pass = (ms: number) => {
    now.monotonicMs += ms
    now.sinceBootMs += ms
    now.wallMs += ms
  }
  const clocks = {
    monotonicMs: () => now.monotonicMs,
    sinceBootMs: () => (hasBoot ? now.sinceBootMs : undefined),
    wallMs: () => now.wallMs,
  }
  return { now, pass, clocks }
}

describe('a suspension of the machine', () => {
  for (const [what, hasBoot] of [
    ['the time since boot', true],
    ['the wall clock, if the system does not report the time since boot', false],
  ] as const) {
    it(`is what the monotonic clock misses of ${what}`, () => {
      const { now, pass, clocks } = fakeClocks(hasBoot)
      const suspendedMs = watchSuspension(clocks)
      pass(2000)
      assert.equal(suspendedMs(), 0)
      now.sinceBootMs += 90_000
      now.wallMs += 90_000
      pass(500)
      assert.equal(suspendedMs(), 90_000)
    })
  }

  it('is not a step of the wall clock', () => {
    for (const step of [3_600_000, -3_600_000]) {
      const { now, pass, clocks } = fakeClocks()
      const suspendedMs = watchSuspension(clocks)
      pass(2000)
      now.wallMs += step
      assert.equal(suspendedMs(), 0)
    }
  })

  it('is not a delay between the readings of two clocks', () => {
    const { pass, clocks } = fakeClocks()
    const slow = {
      ...clocks,
      sinceBootMs: () => {
        pass(700)
        return clocks.sinceBootMs()
      },
    }
    assert.equal(watchSuspension(slow)(), 0)
  })

  it('is not the resolution of /proc/uptime', () => {
    const { now, clocks } = fakeClocks()
    const suspendedMs = watchSuspension(clocks)
    now.sinceBootMs += 10
    assert.equal(suspendedMs(), 0)
  })

  it('needs /proc/uptime to know the time since boot', () => {
    assert.equal(machineClocks(() => '12345.67 23456.78\n').sinceBootMs(), 12_345_670)
    for (const text of [undefined, '', 'up\n']) assert.equal(machineClocks(() => text).sinceBootMs(), undefined)
  })
})
