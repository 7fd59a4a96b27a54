import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { nowNs } from '../base/clock.ts'
import { Wheel } from './wheel.ts'

function testWheel(t: TestContext): Wheel {
  const wheel = new Wheel()
  t.after(() => wheel.clear())
  return wheel
}

/** Adds an entry; resolves with the time at which it was called. */
function calledAt(wheel: Wheel, dueNs: number): Promise<number> {
  return new Promise((resolve) => wheel.at(dueNs, () => resolve(nowNs())))
}

describe('the timing wheel', () => {
  it('calls no entry before it is due: near, far, beyond one turn, or between two ticks', async (t) => {
    const wheel = testWheel(t)
    const start = nowNs()
    const dues = [0, 0.1e6, 0.9e6, 1e6, 1.5e6, 20e6, 20.25e6, 1023e6, 1024e6, 1100e6].map((after) => start + after)
    const called = await Promise.all(dues.map((due) => calledAt(wheel, due)))
    called.forEach((at, i) => {
      assert.ok(at >= (dues[i] as number), `${i}: ${at - (dues[i] as number)} ns early`)
    })
    assert.deepEqual(
      called,
      [...called].sort((a, b) => a - b),
    )
  })

  it('calls an entry on time even if entries that are due later were added first', { timeout: 20_000 }, async (t) => {
    const wheel = testWheel(t)
    let isLaterCalled = false
    wheel.at(nowNs() + 3600e9, () => {
      isLaterCalled = true
    })
    await calledAt(wheel, nowNs() + 5e6)
    assert.equal(isLaterCalled, false)
  })

  it('calls entries that are added during a call, even if they are overdue', async (t) => {
    const wheel = testWheel(t)
    let calls = 0
    await new Promise<void>((resolve) => {
      const again = () => {
        calls++
        if (calls === 5) resolve()
        else wheel.at(nowNs() - 1e9, again)
      }
      wheel.at(nowNs(), again)
    })
    assert.equal(calls, 5)
  })

  it('does not keep the process alive without entries, and drops all entries when cleared', async (t) => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => /^(Timeout|Immediate)$/.test(name)).length
    const before = timers()
    const wheel = testWheel(t)
    await calledAt(wheel, nowNs() + 2e6)
    assert.equal(timers(), before)
    let isCalled = false
    const call = () => {
      isCalled = true
    }
    wheel.at(nowNs() + 1e6, call)
    wheel.soon(call)
    assert.equal(timers(), before + 2)
    wheel.clear()
    assert.equal(timers(), before)
    await calledAt(wheel, nowNs() + 3e6)
    assert.equal(isCalled, false)
  })

  it('does not call cancelled entries, and does not keep the process alive for them', async (t) => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const wheel = testWheel(t)
    const called: string[] = []
    const dueNs = nowNs() + 1e6
    const second = { waiting: wheel.at(nowNs() + 3600e9, () => called.push('far')) }
    wheel.at(dueNs, () => {
      called.push('first')
      wheel.cancel(second.waiting)
    })
    wheel.cancel(second.waiting)
    second.waiting = wheel.at(dueNs, () => called.push('second'))
    const third = wheel.at(dueNs, () => called.push('third'))
    await calledAt(wheel, nowNs() + 5e6)
    assert.deepEqual(called, ['first', 'third'])
    wheel.cancel(third)
    assert.equal(timers(), before)
    wheel.cancel(wheel.at(nowNs() + 3600e9, () => called.push('far')))
    assert.equal(timers(), before)
    await calledAt(wheel, nowNs() + 1e6)
  })

  it('continues when a call cancels one entry and adds another', async (t) => {
    const wheel = testWheel(t)
    const entry = wheel.at(nowNs() + 3600e9, () => assert.fail('cancelled'))
    const called = await new Promise<number>((resolve) => {
      wheel.at(nowNs() + 1e6, () => {
        wheel.cancel(entry)
        wheel.at(nowNs() + 3e6, () => resolve(nowNs()))
      })
    })
    assert.ok(called > 0)
    assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, 0)
  })

  it('lets sockets be processed between late callbacks, then continues', async (t) => {
    const wheel = testWheel(t)
    const called: number[] = []
    for (let i = 0; i < 10; i++) {
      wheel.soon(() => {
        called.push(i)
        const untilNs = nowNs() + 3e6
        while (nowNs() < untilNs);
        if (i === 0) wheel.soon(() => called.push(10))
      })
    }
    await new Promise(setImmediate)
    assert.ok(called.length > 0 && called.length < 10, `${called.length} called at one time`)
    while (called.length < 11) await new Promise(setImmediate)
    assert.deepEqual(called, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})
