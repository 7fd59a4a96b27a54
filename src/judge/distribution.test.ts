import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { histogramOfMs } from '../../test/fixtures/runs.ts'
import { distributionOf, distributionOfHistogram } from './distribution.ts'

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1)

describe('a distribution', () => {
  it('of times in ns is in ms, exact, whatever their order', () => {
    const found = distributionOf(oneToHundred.toReversed().map((time) => time * 1e6))
    const { tail, ...percentiles } = found ?? {}
    assert.deepEqual(
      Object.fromEntries(Object.entries(percentiles).map(([name, value]) => [name, Number(value.toFixed(9))])),
      { n: 100, p50Ms: 50.5, p95Ms: 95.05, p99Ms: 99.01, p999Ms: 99.901, p9999Ms: 99.9901, maxMs: 100 },
    )
    assert.deepEqual(tail, { p99Ms: found?.p99Ms })
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
      tail: { p99Ms: 1 },
    })
  })

  it('of nothing is undefined, not 0', () => {
    assert.equal(distributionOf([]), undefined)
    assert.equal(distributionOfHistogram(histogramOfMs([])), undefined)
  })

  it('has a p99 to rely on from 100 values on, a p99.9 from 1,000, a p99.99 from 10,000', () => {
    const tail = (n: number) => distributionOf(new Array<number>(n).fill(3e6))?.tail
    assert.deepEqual([99, 100, 1000, 10_000].map(tail), [
      {},
      { p99Ms: 3 },
      { p99Ms: 3, p999Ms: 3 },
      { p99Ms: 3, p999Ms: 3, p9999Ms: 3 },
    ])
  })
})
