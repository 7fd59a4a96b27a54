import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { histogramOfMs } from '../../test/fixtures/runs.ts'
import { distributionOf, distributionOfHistogram, percentile } from './distribution.ts'

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1)

describe('a distribution', () => {
  it('of times in ns is in ms, exact, whatever their order', () => {
    const distribution = distributionOf(oneToHundred.toReversed().map((time) => time * 1e6))
    const { tail, ...percentiles } = distribution ?? {}
    assert.deepEqual(
      Object.fromEntries(Object.entries(percentiles).map(([name, value]) => [name, Number(value.toFixed(9))])),
      { n: 100, p50Ms: 50.5, p95Ms: 95.05, p99Ms: 99.01, p999Ms: 99.901, p9999Ms: 99.9901, maxMs: 100 },
    )
    assert.deepEqual(tail, { p99Ms: distribution?.p99Ms, p999Ms: undefined, p9999Ms: undefined })
  })

  it('of a histogram is in ms, its largest value exact', () => {
    assert.deepEqual(distributionOfHistogram(histogramOfMs([...oneToHundred.map((time) => time / 100), 1.999])), {
      n: 101,
      p50Ms: 0.51,
      p95Ms: 0.96,
      p99Ms: 1,
      p999Ms: 1.999,
      p9999Ms: 1.999,
      maxMs: 1.999,
      tail: { p99Ms: 1, p999Ms: undefined, p9999Ms: undefined },
    })
  })

  it('without values is undefined, not 0', () => {
    assert.equal(distributionOf([]), undefined)
    assert.equal(distributionOfHistogram(histogramOfMs([])), undefined)
  })

  it('has a p99 in its tail from 100 values on, a p99.9 from 1,000, a p99.99 from 10,000', () => {
    const tail = (n: number) => distributionOf(new Array<number>(n).fill(3e6))?.tail
    assert.deepEqual([99, 100, 1000, 10_000].map(tail), [
      { p99Ms: undefined, p999Ms: undefined, p9999Ms: undefined },
      { p99Ms: 3, p999Ms: undefined, p9999Ms: undefined },
      { p99Ms: 3, p999Ms: 3, p9999Ms: undefined },
      { p99Ms: 3, p999Ms: 3, p9999Ms: 3 },
    ])
  })
})

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 })

describe('a percentile', () => {
  it('is interpolated between the two closest ranks, as in numpy', () => {
    // numpy.percentile([1, 2, 3, 4], [0, 25, 50, 95, 99, 100])
    const expected = [1, 1.75, 2.5, 3.85, 3.97, 4]
    const values = [0, 25, 50, 95, 99, 100].map((p) => percentile([1, 2, 3, 4], p))
    values.forEach((value, index) => {
      assert.ok(Math.abs((value ?? Number.NaN) - (expected[index] as number)) < 1e-12, `${value}`)
    })
  })

  it('is the only value, if there is only one', () => {
    assert.deepEqual([percentile([7], 0), percentile([7], 50), percentile([7], 100)], [7, 7, 7])
  })

  it('is undefined without values', () => {
    assert.equal(percentile([], 50), undefined)
  })

  it('is the value of a piecewise linear function through all ranks', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 100 }), (unsorted, p) => {
        const sorted = unsorted.toSorted((a, b) => a - b)
        // Ranks in hundredths, so that the expected index is computed with integers only.
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
