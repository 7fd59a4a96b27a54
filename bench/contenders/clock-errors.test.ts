import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClockErrors } from './clock-errors.ts'

test("a stream's first transit is the error of its TTFT, and the change to the next transit is the error of a gap", () => {
  const { ttft, gap, onTransit } = createClockErrors(2)
  onTransit(0, 300)
  onTransit(1, 500)
  onTransit(0, 100)
  onTransit(1, 900)
  assert.deepEqual([ttft.n, ttft.minUs, ttft.maxUs], [2, 300, 500])
  assert.deepEqual([gap.n, gap.minUs, gap.maxUs], [2, 200, 400])
})
