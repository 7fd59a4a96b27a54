import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { histogramOfMs } from '../../test/fixtures/runs.ts'
import { distributionOf, distributionOfHistogram, trustedP99Ms } from './distribution.ts'

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1)

describe('a distribution', () => {
  it('of times in ns is in ms, exact, whatever their order', () => {
    const found = distributionOf(oneToHundred.toReversed().map((time) => time * 1e6))
    assert.deepEqual(
      { ...found, p95Ms: found?.p95Ms.toFixed(9), p99Ms: found?.p99Ms.toFixed(9) },
      { n: 100, p50Ms: 50.5, p95Ms: '95.050000000', p99Ms: '99.010000000', maxMs: 100 },
    )
  })

  it('of a histogram is in ms, its largest value exact', () => {
    assert.deepEqual(distributionOfHistogram(histogramOfMs([...oneToHundred.map((time) => time / 100), 1.999])), {
      n: 101,
      p50Ms: 0.51,
      p95Ms: 0.96,
      p99Ms: 1,
      maxMs: 1.999,
    })
  })

  it('of nothing is undefined, not 0', () => {
    assert.equal(distributionOf([]), undefined)
    assert.equal(distributionOfHistogram(histogramOfMs([])), undefined)
  })

  it('has a p99 to rely on from 100 values on', () => {
    const p99 = (n: number) => trustedP99Ms({ n, p50Ms: 1, p95Ms: 2, p99Ms: 3, maxMs: 4 })
    assert.deepEqual([p99(99), p99(100)], [undefined, 3])
  })
})
