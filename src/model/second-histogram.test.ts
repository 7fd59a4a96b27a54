import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isSecondText, mergedSeconds, SecondHistogram } from './second-histogram.ts'

const times = fc.array(fc.integer({ min: 0, max: 3_600_000_000 }), { maxLength: 200 })

function textOf(values: readonly number[]): string {
  const histogram = new SecondHistogram()
  for (const us of values) histogram.record(us)
  return histogram.take()
}

describe('the times of a second', () => {
  it('have quantiles that are at most 0.8 % off, and an exact number and largest value', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.99, 1), (values, q) => {
        const merged = mergedSeconds([textOf(values)])
        assert.equal(merged.n, values.length)
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1]
        if (exact === undefined) return assert.equal(merged.quantile(q), undefined)
        assert.equal(merged.maxUs, sorted.at(-1))
        assert.ok(Math.abs((merged.quantile(q) ?? Number.NaN) - exact) <= exact * 0.008, `${exact}`)
      }),
    )
  })

  it('are the same whether they were counted together or apart and merged', () => {
    fc.assert(
      fc.property(fc.array(times, { maxLength: 4 }), (parts) => {
        assert.equal(mergedSeconds(parts.map(textOf)).take(), textOf(parts.flat()))
      }),
    )
  })

  it('are forgotten once they are taken', () => {
    const histogram = new SecondHistogram()
    histogram.record(7)
    histogram.take()
    assert.equal(histogram.take(), '')
    histogram.record(5)
    assert.equal(histogram.take(), textOf([5]))
  })

  it('are few hundred bytes as text for a thousand times within a factor of ten', () => {
    assert.ok(textOf(Array.from({ length: 1000 }, (_, index) => 1000 + 9 * index)).length < 800)
  })

  it('are not read from any other text', () => {
    const good = textOf([1, 500, 70_000])
    assert.ok(isSecondText(good))
    // Cut off, no buckets, a count without a bucket, a bucket out of range, a count of 0, a number of more than 32 bits.
    for (const bytes of [
      [0x80],
      [5],
      [5, 6],
      [5, 0xff, 0x7f, 1],
      [5, 6, 0],
      [5, 0, 1],
      [0xff, 0xff, 0xff, 0xff, 0x7f, 1, 1],
    ])
      assert.ok(!isSecondText(Buffer.from(bytes).toString('base64')), String(bytes))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        if (isSecondText(text)) assert.ok(mergedSeconds([text]).n > 0 || text === '')
        else assert.equal(mergedSeconds([text]).n, 0)
      }),
    )
  })
})
