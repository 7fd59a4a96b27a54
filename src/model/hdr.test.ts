import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { hdrOf, snapshotOf } from './hdr.ts'
import { Histogram } from './histogram.ts'

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

const times = fc.array(fc.oneof(fc.nat({ max: 5000 }), fc.nat({ max: 3_600_000_000 })), { maxLength: 100 })

describe('a histogram in a file', () => {
  it('is the same after it is written and read', () => {
    fc.assert(
      fc.property(times, (values) => {
        const written = histogramOf(values).toJSON()
        assert.deepEqual(snapshotOf(JSON.parse(JSON.stringify(hdrOf(written)))), written)
      }),
      { numRuns: 30 },
    )
  })

  it('has the same percentiles in any reader of HdrHistogram', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 100, noNaN: true }), (values, p) => {
        const histogram = histogramOf([...values, 1234])
        const library = decodeFromCompressedBase64(hdrOf(histogram.toJSON()).hdr).getValueAtPercentile(p)
        const own = histogram.quantile(p / 100) ?? Number.NaN
        assert.ok(Math.abs(library - own) <= 1 + own * 0.001, `${library} for ${own}`)
      }),
      { numRuns: 30 },
    )
  })

  it('is rejected if its text is truncated or has a different number of values', () => {
    const written = hdrOf(histogramOf([1, 20, 300_000]).toJSON())
    assert.equal(snapshotOf({ ...written, hdr: written.hdr.slice(0, 20) }), undefined)
    assert.equal(snapshotOf({ ...written, hdr: 'no histogram' }), undefined)
    assert.equal(snapshotOf({ ...written, n: 4 }), undefined)
  })
})
