import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { criticalT, twoSidedP } from '../statistics.ts'
import { differenceOf, holm, intervalOf, pOf } from './difference.ts'

const estimates = (...values: readonly number[]) => values.map((value) => ({ value }))
const close = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 0.001, `${actual} instead of ${expected}`)

describe('the difference of two sides', () => {
  it('is that of Welch between runs', () => {
    const difference = differenceOf(estimates(20, 22, 19, 24, 25), estimates(28, 27, 32, 23), 'runs')
    close(difference.difference, 5.5)
    close(difference.spread?.error, Math.sqrt(6.5 / 5 + 41 / 3 / 4))
    close(difference.spread?.degrees, 5.1571)
    const [p = 1, t] = [pOf(difference, 0), 5.5 / 2.17179]
    assert.ok(twoSidedP(t, 6) < p && p < twoSidedP(t, 5), `${p}`)
    const [low = 0, high = 0] = intervalOf(difference) ?? []
    close((low + high) / 2, 5.5)
    close(high - low, 2 * 2.17179 * criticalT(0.05, 5.1571))
  })

  it('is that of pairs, if the runs took turns', () => {
    const difference = differenceOf(estimates(20, 30, 40, 50), estimates(21, 33, 41, 53), 'pairs')
    close(difference.spread?.error, 0.57735)
    close(pOf(difference, 0), 0.0405)
  })

  it('takes a single run to vary like the runs of the other side', () => {
    const difference = differenceOf(estimates(10, 12, 14), estimates(30), 'runs')
    close(difference.spread?.error, 2 * Math.sqrt(4 / 3))
    assert.equal(difference.spread?.degrees, 2)
  })

  it('varies at least as much as the streams within the runs', () => {
    const sure = [1, 1, 1].map((value) => ({ value, error: 0.3 }))
    for (const method of ['runs', 'pairs'] as const)
      close(differenceOf(sure, sure, method).spread?.error, Math.sqrt((2 * 0.09) / 3))
    assert.equal(differenceOf(estimates(1), estimates(2), 'blocks').spread, undefined)
  })

  it('is tested against what is allowed', () => {
    const difference = { difference: 10, spread: { error: 2, degrees: 8 } }
    assert.equal(pOf(difference, 10), 1)
    assert.ok((pOf(difference, 5) ?? 0) > (pOf(difference, 0) ?? 1))
    assert.equal(pOf({ difference: -10, spread: difference.spread }, 5), pOf(difference, 5))
    assert.equal(pOf({ difference: 10, spread: { error: 0, degrees: 8 } }, 5), 0)
  })
})

describe('the correction for many metrics', () => {
  it('is that of Holm', () => {
    assert.deepEqual(
      holm([0.01, 0.04, undefined, 0.03, 0.005]).map((p) => p?.toFixed(3)),
      ['0.030', '0.060', undefined, '0.060', '0.020'],
    )
  })

  it('never makes a probability smaller, nor changes their sequence', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (values) => {
        const corrected = holm(values) as readonly number[]
        values.forEach((p, at) => {
          const more = corrected[at] as number
          assert.ok(more >= p && more <= 1)
          assert.ok(values.every((other, index) => p > other || more <= (corrected[index] as number)))
        })
      }),
    )
  })
})
