import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { beginNs, records, unconnectedRecord, wholeRecord } from '../../test/fixtures/runs.ts'
import { peakConcurrency } from './peak.ts'

const open = (connectedNs: number, endedNs: number) => wholeRecord(0, { startedNs: 0, connectedNs, endedNs })

describe('the peak concurrency', () => {
  it('is the number of streams if all of them are open at once', () => {
    assert.equal(peakConcurrency(records(100, (stream) => wholeRecord(stream, { startedNs: beginNs + stream }))), 100)
  })

  it('is 1 if each stream ends at the instant at which the next one opens', () => {
    assert.equal(peakConcurrency([open(0, 10), open(10, 20), open(20, 30)]), 1)
  })

  it('counts a stream from its connect, not from its start', () => {
    assert.equal(peakConcurrency([open(0, 10), wholeRecord(1, { startedNs: 5, connectedNs: 12, endedNs: 20 })]), 1)
  })

  it('does not count streams that never connected', () => {
    assert.equal(peakConcurrency([unconnectedRecord(0), unconnectedRecord(1)]), 0)
    assert.equal(peakConcurrency([]), 0)
  })

  it('equals the highest number of open streams, counted at each connect', () => {
    const instant = fc.nat({ max: 30 })
    fc.assert(
      fc.property(fc.array(fc.tuple(instant, instant, fc.boolean()), { maxLength: 30 }), (streams) => {
        const streamRecords = streams.map(([from, length, connects], index) => {
          const { connectedNs, ...record } = wholeRecord(index, { connectedNs: from, endedNs: from + length })
          return connects ? { ...record, connectedNs } : record
        })
        const connected = streams.filter(([, , connects]) => connects)
        const counts = connected.map(
          ([at]) => connected.filter(([from, length]) => from <= at && at < from + length).length,
        )
        assert.equal(peakConcurrency(streamRecords), Math.max(0, ...counts))
      }),
    )
  })
})
