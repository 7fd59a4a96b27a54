import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { dueNs } from './schedule.ts'

describe('the schedule of a stream', () => {
  it('has each delta due at start + i x delay, to the ns, with no error that adds up', () => {
    assert.equal(dueNs(5, 0, 50), 5)
    assert.equal(dueNs(5, 1, 50), 50_000_005)
    assert.equal(dueNs(5, 999_999, 50), 49_999_950_000_005)
    assert.equal(dueNs(7, 3, 0.1), 300_007)
    assert.equal(dueNs(7, 1_000_000, 0.1), 100_000_000_007)
  })

  it('never goes back, whatever the delay', () => {
    const delayMs = fc.double({ min: 0, max: 1000, noNaN: true })
    fc.assert(fc.property(delayMs, fc.nat(1_000_000), (delayMs, i) => dueNs(0, i, delayMs) <= dueNs(0, i + 1, delayMs)))
  })

  it('has all deltas due at once where there is no delay', () => {
    assert.equal(dueNs(9, 1_000_000, 0), 9)
  })
})
