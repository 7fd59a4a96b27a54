import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { histogramOfMs } from '../../../test/fixtures/runs.ts'
import { distributionOf, fewestFor } from '../distribution.ts'
import { sampleOf, sampleOfHistogram } from './sample.ts'

describe('a sample', () => {
  it('has the percentiles of the report, if every stream reached the time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (times) => {
        const [sample, distribution] = [sampleOf(times), distributionOf(times)]
        assert.equal(sample?.n, distribution?.n)
        for (const [p, ms] of [
          [50, distribution?.p50Ms],
          [95, distribution?.p95Ms],
          [99, distribution?.p99Ms],
          [100, distribution?.maxMs],
        ] as const)
          assert.ok(Math.abs((sample?.at(p) ?? 0) / 1e6 - (ms ?? 0)) < 1e-6)
      }),
    )
  })

  it('counts a stream that never reached the time as longer than any', () => {
    const sample = sampleOf([10, 20, 30], 2)
    assert.deepEqual([sample?.n, sample?.min, sample?.max], [5, 10, Number.POSITIVE_INFINITY])
    assert.deepEqual(
      [0, 50, 51, 75, 100].map((p) => sample?.at(p)),
      [10, 30, ...Array(3).fill(Number.POSITIVE_INFINITY)],
    )
    assert.equal(sampleOf([], 1)?.at(50), Number.POSITIVE_INFINITY)
    assert.equal(sampleOf([]), undefined)
  })

  it('of a histogram has its smallest and largest value', () => {
    const sample = sampleOfHistogram(histogramOfMs([1, 2, 3]))
    assert.deepEqual([sample?.n, sample?.min, sample?.at(50), sample?.max], [3, 1e6, 2e6, 3e6])
    assert.equal(sampleOfHistogram(histogramOfMs([])), undefined)
  })
})

describe('the fewest values for a percentile', () => {
  for (const [p, n] of [
    [1, 1],
    [50, 1],
    [75, 4],
    [90, 10],
    [95, 20],
    [99, 100],
    [99.9, 1000],
    [99.99, 10_000],
    [99.999, 100_000],
  ] as const)
    it(`p${p} is ${n}`, () => assert.equal(fewestFor(p), n))
})
