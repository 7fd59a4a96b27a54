import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  ms,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { summarize } from './summary.ts'

const allAt = (time: number) => ({
  n: 1,
  p50Ms: time,
  p95Ms: time,
  p99Ms: time,
  p999Ms: time,
  p9999Ms: time,
  maxMs: time,
  tail: { p99Ms: undefined, p999Ms: undefined, p9999Ms: undefined },
})

describe('a summary', () => {
  it('measures each time of a stream between the instants that define it', () => {
    const { ttfb, duration, connect, headers, ttft, lateness } = summarize(
      runOf([wholeRecord(0, { intendedNs: beginNs - 4 * ms })]),
    )
    assert.deepEqual(
      { ttfb, duration, connect, headers, ttft, lateness },
      {
        ttfb: allAt(10),
        duration: allAt(100),
        connect: allAt(1),
        headers: allAt(7),
        ttft: allAt(12),
        lateness: allAt(4),
      },
    )
  })

  it("has the original's times and totals over complete streams, and the others over every stream that got that far", () => {
    const summary = summarize(runOf([wholeRecord(0), failedRecord(1), unconnectedRecord(2), abortedRecord(3)]))
    const n = (['ttfb', 'duration', 'connect', 'headers', 'ttft', 'lateness'] as const).map((time) => summary[time]?.n)
    assert.deepEqual(n, [1, 1, 3, 3, 3, 4])
    assert.deepEqual(summary.totals, { bytes: 1000, chunks: 6, events: 9, deltas: 5 })
    assert.deepEqual(summary.totalsOfAll, { bytes: 1600, chunks: 10, events: 15, deltas: 7 })
  })

  it('counts each stream once: complete, failed, aborted or not started', () => {
    const { requested, whole, failed, aborted, notStarted } = summarize(
      runOf([wholeRecord(0), failedRecord(1), failedRecord(2), abortedRecord(3)], {
        scenario: { streams: 9 },
        notStarted: 5,
      }),
    )
    assert.deepEqual(
      { requested, whole, failed, aborted, notStarted },
      { requested: 9, whole: 1, failed: 2, aborted: 1, notStarted: 5 },
    )
  })

  it('has a wall time from the first start to the last end, and computes the throughput of complete streams from it', () => {
    const later = wholeRecord(1, { startedNs: beginNs + 400 * ms })
    const { wallS, throughputMbps } = summarize(runOf([later, wholeRecord(0), failedRecord(2)]))
    assert.equal(wallS, 0.5)
    assert.equal(throughputMbps, (2000 * 8) / 1e6 / 0.5)
  })

  it('counts failures by kind, the most frequent first', () => {
    const failed = [failedRecord(0, 'http_5xx'), ...records(2, (stream) => failedRecord(stream, 'truncated_fin'))]
    assert.deepEqual(summarize(runOf([...failed, failedRecord(3, 'http_429')])).errors, [
      { kind: 'truncated_fin', count: 2 },
      { kind: 'http_429', count: 1 },
      { kind: 'http_5xx', count: 1 },
    ])
  })

  it("takes the higher of the gateway's sampled gauge and its own high-water mark", () => {
    const peak = (telemetry: object) => summarize(runOf([], { telemetry: { samples: 3, ...telemetry } })).gatewayPeak
    assert.equal(peak({ sampledPeak: 90, highWaterMark: 100 }), 100)
    assert.equal(peak({ sampledPeak: 101, highWaterMark: 100 }), 101)
    assert.equal(peak({ highWaterMark: 5 }), 5)
    assert.equal(peak({ sampledPeak: 0 }), 0)
  })

  it('leaves undefined what was not measured', () => {
    const summary = summarize(runOf([], { interChunk: { unit: 'us', n: 0, minUs: 0, maxUs: 0, buckets: [] } }))
    const { wallS, gatewayPeak, ttfb, duration, connect, interChunk, throughputMbps } = summary
    for (const value of [wallS, gatewayPeak, ttfb, duration, connect, interChunk, throughputMbps])
      assert.equal(value, undefined)
    assert.equal(summary.peakOpen, 0)
  })
})
