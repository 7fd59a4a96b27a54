import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../src/model/histogram.ts'
import { gapErrorMs, quantileMs } from './gap-error.ts'

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('a gap that is too short counts as much as one that is too long', () => {
  const gaps = histogramOf([...Array.from({ length: 98 }, () => 1000), 400, 1500]).toJSON()
  assert.equal(gapErrorMs(gaps, 1, 0.98), 0)
  assert.equal(gapErrorMs(gaps, 1, 0.99), 0.5)
  assert.equal(gapErrorMs(gaps, 1, 1), 0.6)
})

test('without gaps there is no error', () => {
  assert.equal(gapErrorMs(undefined, 1, 0.99), undefined)
  assert.equal(gapErrorMs(histogramOf([]).toJSON(), 1, 0.99), undefined)
  assert.equal(quantileMs(undefined, 0.5), undefined)
})

test('a quantile is in ms', () => {
  assert.equal(quantileMs(histogramOf([1500]).toJSON(), 0.5), 1.5)
})
