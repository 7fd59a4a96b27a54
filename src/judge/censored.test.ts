import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  ms,
  records,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { ttftNs } from '../model/times.ts'
import { censoredOf } from './censored.ts'

describe('a time with censored values', () => {
  const whole = (stream: number) => wholeRecord(stream, { firstDeltaNs: beginNs + (stream + 1) * ms })

  it('counts a stream that failed first as longer than any other, so that a failure never lowers a percentile', () => {
    const many = censoredOf(
      [...records(90, whole), ...Array.from({ length: 10 }, (_, i) => unconnectedRecord(90 + i))],
      ttftNs,
    )
    assert.deepEqual(many, { n: 100, censored: 10, p50Ms: 50, p95Ms: undefined, p99Ms: undefined })
    const few = censoredOf([...records(98, whole), unconnectedRecord(98), unconnectedRecord(99)], ttftNs)
    assert.deepEqual(few, { n: 100, censored: 2, p50Ms: 50, p95Ms: 95, p99Ms: undefined })
  })

  it('uses the time of a stream that failed later, and ignores streams that an interrupt ended', () => {
    assert.equal(censoredOf([failedRecord(0), wholeRecord(1), abortedRecord(2)], ttftNs), undefined)
  })
})
