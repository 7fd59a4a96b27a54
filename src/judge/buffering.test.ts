import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { bufferedOf, isBuffered } from './buffering.ts'

const plan = { chunks: 11, delayMs: 20 }
/** A stream whose first delta arrives `firstMs` after the request, and its last one `spanMs` after the first. */
const streamOf = (firstMs: number, spanMs: number, stream = 0) => {
  const record = wholeRecord(stream)
  const firstDeltaNs = (record.requestSentNs ?? 0) + firstMs * ms
  return { ...record, firstDeltaNs, lastDeltaNs: firstDeltaNs + spanMs * ms }
}

describe('a stream of 11 deltas that the mock sent over 200 ms', () => {
  it('is buffered if it arrived in one burst at the end', () => assert.equal(isBuffered(streamOf(200, 1), plan), true))
  it('is not buffered if it arrived as it was sent', () => assert.equal(isBuffered(streamOf(3, 199), plan), false))
  it('is not buffered if it started late but kept its pace', () =>
    assert.equal(isBuffered(streamOf(500, 199), plan), false))
  it('is not buffered if it arrived at once and early, as from a cache', () =>
    assert.equal(isBuffered(streamOf(3, 1), plan), false))
  it('is not judged if its deltas were few, or sent with too little time between them', () => {
    assert.equal(isBuffered(streamOf(200, 1), { chunks: 11, delayMs: 1 }), false)
    assert.equal(isBuffered(streamOf(200, 1), { chunks: 3, delayMs: 100 }), false)
  })
})

describe('buffering by a gateway', () => {
  it('is reported if half of the complete streams were buffered, but not if one was', () => {
    const scenario = plan
    const run = (buffered: number) =>
      runOf(
        records(10, (stream) => (stream < buffered ? streamOf(200, 1, stream) : streamOf(3, 199, stream))),
        { scenario },
      )
    assert.deepEqual(bufferedOf(run(1)), [])
    assert.equal(bufferedOf(run(5))[0]?.got, '5 of 10')
    assert.deepEqual(bufferedOf({ ...run(10), toxics: ['gateway-mock:latency=1s'] }), [])
  })
})
