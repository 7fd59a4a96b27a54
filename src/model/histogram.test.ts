import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Histogram } from './histogram.ts'

const us = fc.oneof(
  fc.nat({ max: 3000 }),
  fc.integer({ min: 0, max: 3_600_000_000 }),
  fc.nat({ max: 20 }).map((power) => 2 ** (power + 11) - 1),
  fc.nat({ max: 20 }).map((power) => 2 ** (power + 11)),
)
const times = fc.array(us, { maxLength: 60 })

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

function merged(...parts: readonly Histogram[]): Histogram {
  const whole = new Histogram()
  for (const part of parts) whole.merge(part)
  return whole
}

describe('a histogram', () => {
  it('has each quantile within 0.05 % and half a us of the value at that rank', () => {
    fc.assert(
      fc.property(
        fc.array(us, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = values.toSorted((a, b) => a - b)
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] as number
          const quantile = histogramOf(values).quantile(q) ?? Number.NaN
          assert.ok(Math.abs(quantile - exact) <= 0.5 + exact * 0.0005, `${quantile} for ${exact}`)
        },
      ),
    )
  })

  it('is exact below 2,048 us, and for its smallest and largest value', () => {
    for (let value = 0; value < 2048; value++) assert.equal(histogramOf([0, value, 3_000_000]).quantile(0.5), value)
    const histogram = histogramOf([1_234_567, 7_654_321])
    assert.deepEqual([histogram.n, histogram.minUs, histogram.maxUs], [2, 1_234_567, 7_654_321])
    assert.deepEqual(
      [histogram.quantile(0), histogram.quantile(1)].map((value) => (value ?? 0) >= 1_234_567),
      [true, true],
    )
  })

  it('clamps values beyond its range', () => {
    const histogram = histogramOf([-5, Number.NaN, 2 ** 40])
    assert.deepEqual([histogram.n, histogram.minUs, histogram.maxUs], [3, 0, 3_600_000_000])
  })

  it('has no quantile and no smallest or largest value if it is empty', () => {
    const histogram = new Histogram()
    assert.deepEqual([histogram.quantile(0.5), histogram.minUs, histogram.maxUs], [undefined, undefined, undefined])
  })

  it('that is merged from parts is the histogram of all values, in any order and grouping', () => {
    fc.assert(
      fc.property(times, times, times, (a, b, c) => {
        const all = histogramOf([...a, ...b, ...c]).toJSON()
        const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)]
        assert.deepEqual(merged(x, y, z).toJSON(), all)
        assert.deepEqual(merged(z, merged(y, x)).toJSON(), all)
        assert.deepEqual(merged(merged(x, z), y).toJSON(), all)
      }),
    )
  })

  it('that is read from JSON is the same and can record more values', () => {
    fc.assert(
      fc.property(times, times, (before, after) => {
        const back = Histogram.from(JSON.parse(JSON.stringify(histogramOf(before))))
        assert.deepEqual(back.toJSON(), histogramOf(before).toJSON())
        for (const value of after) back.record(value)
        assert.deepEqual(back.toJSON(), histogramOf([...before, ...after]).toJSON())
      }),
    )
  })
})
