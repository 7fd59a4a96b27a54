import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Change, JointPeak } from './joint-peak.ts'

const opens = (...atNs: number[]): Change[] => atNs.map((at) => [at, 1])
const closes = (...atNs: number[]): Change[] => atNs.map((at) => [at, -1])

describe('the joint peak of several processes', () => {
  it('is the most streams open at one instant, not the sum of all peaks', () => {
    const peak = new JointPeak(2)
    peak.add(0, [...opens(10, 20), ...closes(30, 31)], 100)
    peak.add(1, [...opens(40, 50), ...closes(60, 70)], 100)
    assert.equal(peak.peak, 2)
  })

  it('does not depend on the order and size of reports', () => {
    const peak = new JointPeak(2)
    peak.add(1, opens(5, 25), 30)
    peak.add(0, opens(10), 12)
    peak.add(0, [...closes(20), ...opens(24)], 50)
    peak.add(1, closes(40, 41), 60)
    // Open at once: 5, 10; then 5, 24, 25.
    assert.equal(peak.peak, 3)
  })

  it('waits for processes that have not reported', () => {
    const peak = new JointPeak(2)
    peak.add(0, opens(10, 20, 30), 40)
    assert.equal(peak.peak, 0)
    peak.add(1, [], 25)
    assert.equal(peak.peak, 2)
    peak.add(1, [], 35)
    assert.equal(peak.peak, 3)
  })

  it('does not count a stream that closes at the instant another opens', () => {
    const peak = new JointPeak(2)
    peak.add(0, [...opens(10), ...closes(20)], 40)
    peak.add(1, opens(20), 40)
    assert.equal(peak.peak, 1)
  })

  it('restarts from the number of open streams', () => {
    const peak = new JointPeak(1)
    peak.add(0, [...opens(1, 2, 3), ...closes(4)], 10)
    peak.reset()
    assert.equal(peak.peak, 2)
    peak.add(0, [...closes(11), ...opens(12, 13)], 20)
    assert.equal(peak.peak, 3)
  })
})
