import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, ms, wholeRecord } from '../../test/fixtures/runs.ts'
import { startSkewMs } from './start-skew.ts'

/** A stream that was due `dueMs` after the beginning and started so much later. */
const late = (stream: number, dueMs: number, lateMs: number) =>
  wholeRecord(stream, { intendedNs: beginNs + dueMs * ms, startedNs: beginNs + (dueMs + lateMs) * ms })

describe('the skew of the start', () => {
  it('is how far the first starts of the workers are apart, each from when it was due', () => {
    const records = [late(0, 0, 0.5), late(1, 10, 2), late(2, 20, 1), late(3, 30, 40), late(4, 40, 50)]
    assert.equal(startSkewMs(records, 3), 1.5)
  })

  it('is not there where one worker alone has started a stream', () => {
    assert.equal(startSkewMs([late(0, 0, 1), late(1, 0, 5)], 1), undefined)
    assert.equal(startSkewMs([late(0, 0, 1), late(2, 0, 5)], 2), undefined)
    assert.equal(startSkewMs([], 2), undefined)
  })
})
