import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, medianOf, range } from './statistics.ts'

test('the median is the middle value in any order, and numbers are compared as numbers', () => {
  assert.equal(median([100, 9, 20]), 20)
})

test('the median of an even number of values is the mean of the two in the middle', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
})

test('an empty list has no median and no range', () => {
  assert.equal(median([]), undefined)
  assert.equal(range([]), undefined)
})

test('samples without a figure do not count in its median', () => {
  assert.equal(
    medianOf([{ a: 3 }, {}, { a: 1 }, { a: 2 }], (sample: { a?: number }) => sample.a),
    2,
  )
})
