import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { test } from 'node:test'
import { createEventCounter } from './event-counter.ts'

const stream = Buffer.from('data: a\n\nevent: b\ndata: c\n\n\ndata: d\n\ndata: unfinished\n')

test('the count of events does not depend on how reads split the stream', () => {
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const count = createEventCounter()
      const reads = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      const events = reads.reduce((sum, read) => sum + count(read), 0)
      assert.equal(events, 3, `cut at ${first} and ${second}`)
    }
  }
})
