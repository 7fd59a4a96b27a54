import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { percentile } from './percentile.ts'

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 })

describe('a percentile', () => {
  it('lies between the two closest ranks, as numpy has it', () => {
    // numpy.percentile([1, 2, 3, 4], [0, 25, 50, 95, 99, 100])
    const expected = [1, 1.75, 2.5, 3.85, 3.97, 4]
    const found = [0, 25, 50, 95, 99, 100].map((p) => percentile([1, 2, 3, 4], p))
    found.forEach((value, index) => {
      assert.ok(Math.abs((value ?? Number.NaN) - (expected[index] as number)) < 1e-12, `${value}`)
    })
  })

  it('is the one value there is, whatever is asked', () => {
    assert.deepEqual([percentile([7], 0), percentile([7], 50), percentile([7], 100)], [7, 7, 7])
  })

  it('is undefined without values', () => {
    assert.equal(percentile([], 50), undefined)
  })

  it('is the value that a piecewise linear function through all ranks has at its share', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 100 }), (unsorted, p) => {
        const sorted = unsorted.toSorted((a, b) => a - b)
        // Ranks as whole hundredths, so that the oracle walks through integers alone.
        const hundredths = (sorted.length - 1) * p
        let index = 0
        while ((index + 1) * 100 <= hundredths) index++
        const below = sorted[index] as number
        const above = sorted[index + 1] ?? below
        const expected = below + ((above - below) * (hundredths - index * 100)) / 100
        assert.ok(Math.abs((percentile(sorted, p) ?? Number.NaN) - expected) < 1e-9)
      }),
    )
  })
})
