import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Distribution } from '../../judge/distribution.ts'
import type { Summary } from '../../judge/summary.ts'
import { originalBlock } from './original-block.ts'

/** The numbers of the example in the original's own documentation. */
const example: Summary = {
  requested: 100,
  whole: 100,
  failed: 0,
  aborted: 0,
  notStarted: 0,
  wallS: 1.234,
  peakOpen: 100,
  gatewayPeak: 100,
  errors: [],
  rules: [],
  ttfb: distribution(12.3, 45.6, 67.8, 89),
  duration: distribution(1050.2, 1120.5, 1180.3, 1200.1),
  totals: { bytes: 234_000, chunks: 2000, events: 2300, deltas: 2000 },
  totalsOfAll: { bytes: 234_000, chunks: 2000, events: 2300, deltas: 2000 },
  throughputMbps: 1.52,
}

const passed = 'PASS - all streams completed successfully'

const expected = `========================================================================
  CCR-RUST SSE STRESS TEST REPORT
========================================================================

  Streams:  100
  Success:  100  |  Failed: 0
  Wall time: 1.23s
  Peak local concurrency: 100
  Peak ccr active_streams: 100

  Time-to-First-Byte (TTFB):
    p50:        12.3 ms
    p95:        45.6 ms
    p99:        67.8 ms
    max:        89.0 ms

  Stream Duration:
    p50:      1050.2 ms
    p95:      1120.5 ms
    p99:      1180.3 ms
    max:      1200.1 ms

  Throughput:
    Total bytes:       234,000
    Total chunks:        2,000
    Aggregate:         1.52 Mbps

========================================================================
  RESULT: PASS - all streams completed successfully
========================================================================`

describe("the original's block", () => {
  it("is the original's, to the last space", () => {
    assert.equal(originalBlock(example, undefined, passed).join('\n'), expected)
  })

  it('lists errors after the peaks, if there are any', () => {
    const errors = [
      { kind: 'truncated_fin', count: 3 },
      { kind: 'http_5xx', count: 1 },
    ] as const
    const text = originalBlock({ ...example, errors }, undefined, passed).join('\n')
    assert.match(
      text,
      /active_streams: 100\n\n {2}Errors:\n {4}truncated_fin: 3\n {4}http_5xx: 1\n\n {2}Time-to-First-Byte/,
    )
  })

  it("shows the gateway's usage after the throughput, with n/a for what the gateway does not send", () => {
    const text = originalBlock(example, { total_requests: 108, active_streams: 0 }, passed).join('\n')
    assert.match(
      text,
      /Mbps\n\n {2}CCR Usage \(post-test\):\n {4}total_requests: 108\n {4}total_failures: n\/a\n {4}active_streams: 0\n\n=/,
    )
  })

  it('shows n/a, never 0, for what was not measured', () => {
    const { wallS: _, gatewayPeak: __, ttfb: ___, duration: ____, throughputMbps: _____, ...nothing } = example
    const text = originalBlock({ ...nothing, peakOpen: 0 }, undefined, 'INVALID - none').join('\n')
    assert.match(text, /Wall time: n\/a\n {2}Peak local concurrency: 0\n {2}Peak ccr active_streams: n\/a\n/)
    assert.match(text, /p50: {9}n\/a\n {4}p95: {9}n\/a\n {4}p99: {9}n\/a\n {4}max: {9}n\/a\n/)
    assert.match(text, /Aggregate: {10}n\/a\n/)
    assert.doesNotMatch(text, /NaN|undefined|n\/a ms/)
  })
})

function distribution(p50Ms: number, p95Ms: number, p99Ms: number, maxMs: number): Distribution {
  return { n: 100, p50Ms, p95Ms, p99Ms, p999Ms: maxMs, p9999Ms: maxMs, maxMs, tail: { p99Ms } }
}
