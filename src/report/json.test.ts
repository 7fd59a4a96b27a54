import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  mockStats,
  ms,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import { hdrOf } from '../model/hdr.ts'
import type { Run } from '../model/run.ts'
import { listedStreams, reportJson, runJson } from './json.ts'

const jsonOf = (run: Run) => reportJson(run, judge(run))

/** The names of the original that scripts read. */
const reportNames =
  'total_streams successful failed errors ttfb_p50_ms ttfb_p95_ms ttfb_p99_ms ttfb_max_ms duration_p50_ms duration_p95_ms duration_p99_ms duration_max_ms total_bytes total_chunks throughput_mbps wall_clock_s peak_concurrent ccr_active_streams_peak ccr_usage'
const streamNames =
  'stream_id status_code ttfb_ms duration_ms chunks_received bytes_received error first_chunk_ts last_chunk_ts'

function pick(object: object, names: string): Record<string, unknown> {
  return Object.fromEntries(names.split(' ').map((name) => [name, (object as Record<string, unknown>)[name]]))
}

describe('the JSON report', () => {
  it('has all names of the original, with their meanings', () => {
    const telemetry = { usageAfter: { total_requests: 2, total_failures: 1 }, sampledPeak: 2, samples: 4 }
    const { report, streams } = jsonOf(runOf([wholeRecord(0), failedRecord(1)], { telemetry }))
    assert.deepEqual(pick(report, reportNames), {
      total_streams: 2,
      successful: 1,
      failed: 1,
      errors: { truncated_fin: 1 },
      ttfb_p50_ms: 10,
      ttfb_p95_ms: 10,
      ttfb_p99_ms: 10,
      ttfb_max_ms: 10,
      duration_p50_ms: 100,
      duration_p95_ms: 100,
      duration_p99_ms: 100,
      duration_max_ms: 100,
      total_bytes: 1000,
      total_chunks: 6,
      throughput_mbps: 0.08,
      wall_clock_s: 0.1,
      peak_concurrent: 2,
      ccr_active_streams_peak: 2,
      ccr_usage: { total_requests: 2, total_failures: 1 },
    })
    assert.deepEqual(
      streams.map((stream) => pick(stream, streamNames)),
      [
        {
          stream_id: 0,
          status_code: 200,
          ttfb_ms: 10,
          duration_ms: 100,
          chunks_received: 6,
          bytes_received: 1000,
          error: null,
          first_chunk_ts: Date.parse('2026-11-24T05:24:54.010Z') / 1000,
          last_chunk_ts: Date.parse('2026-11-24T05:24:54.099Z') / 1000,
        },
        {
          stream_id: 1,
          status_code: 200,
          ttfb_ms: 10,
          duration_ms: 50,
          chunks_received: 2,
          bytes_received: 300,
          error: 'truncated_fin',
          first_chunk_ts: Date.parse('2026-11-24T05:24:54.010Z') / 1000,
          last_chunk_ts: Date.parse('2026-11-24T05:24:54.020Z') / 1000,
        },
      ],
    )
  })

  it('keeps all names, with null for what was not measured', () => {
    const empty = runOf([], { scenario: { streams: 4 }, notStarted: 4, interruptedBy: 'SIGINT' })
    const report = JSON.parse(JSON.stringify(jsonOf(empty).report))
    assert.deepEqual(
      Object.keys(pick(report, reportNames)).filter((name) => !(name in report)),
      [],
    )
    for (const name of 'ttfb_p50_ms duration_max_ms throughput_mbps wall_clock_s ccr_active_streams_peak ccr_usage'.split(
      ' ',
    ))
      assert.equal(report[name], null, name)
    const [stream] = JSON.parse(JSON.stringify(jsonOf(runOf([unconnectedRecord(0)])).streams))
    assert.deepEqual(
      Object.keys(pick(stream, streamNames)).filter((name) => !(name in stream)),
      [],
    )
    for (const name of 'status_code ttfb_ms first_chunk_ts last_chunk_ts ttft_ms'.split(' '))
      assert.equal(stream[name], null)
    assert.equal(stream.duration_ms, 3)
  })

  it('contains what was tested, the verdict, the scenario with its seed, and the counts of the mock', () => {
    const mock = mockStats(2)
    const json = jsonOf(runOf(records(2), { mock }))
    assert.equal(json.schemaVersion, 1)
    assert.equal(json.tested, 'embedded reference gateway, not ccr-rust (http://127.0.0.1:3456)')
    assert.equal(json.gateway.kind, 'reference')
    assert.equal(json.verdict.verdict, 'pass')
    assert.equal(json.scenario.seed, 7)
    assert.deepEqual(json.mock, { ...mock, pacingError: hdrOf(mock.pacingError) })
    assert.equal(json.interChunk.n, 4)
    assert.deepEqual([json.report.total_events, json.report.total_deltas], [18, 10])
  })

  it('has a p99 from 100 values on, a p99.9 from 1,000, and the n of each metric', () => {
    const few = jsonOf(runOf(records(99))).metrics
    const enough = jsonOf(runOf(records(100))).metrics
    assert.deepEqual(few.ttft, { n: 99, p50Ms: 12, p95Ms: 12, p99Ms: null, p999Ms: null, p9999Ms: null, maxMs: 12 })
    assert.deepEqual(enough.ttft, { n: 100, p50Ms: 12, p95Ms: 12, p99Ms: 12, p999Ms: null, p9999Ms: null, maxMs: 12 })
    assert.deepEqual(jsonOf(runOf([unconnectedRecord(0)])).metrics.ttft, {
      n: 0,
      p50Ms: null,
      p95Ms: null,
      p99Ms: null,
      p999Ms: null,
      p9999Ms: null,
      maxMs: null,
    })
  })

  it('has percentiles in which a stream that failed first counts as longer than any other, and null if none did', () => {
    const { metrics } = jsonOf(runOf([wholeRecord(0), unconnectedRecord(1)]))
    const times = { n: 2, censored: 1, p95Ms: null, p99Ms: null }
    assert.deepEqual(metrics.ttftCensored, { ...times, p50Ms: 12 })
    assert.deepEqual(metrics.durationCensored, { ...times, p50Ms: 100 })
    assert.equal(jsonOf(runOf(records(2))).metrics.ttftCensored, null)
  })

  it('lists those that did not arrive complete, and as many others as fit, if there are too many', () => {
    const run = runOf([...records(6), failedRecord(6), abortedRecord(7), failedRecord(8)])
    const listed = (most: number) => {
      const { streams, streamsOmitted } = listedStreams(run, most)
      return [streams.map((stream) => stream.stream_id), streamsOmitted]
    }
    assert.deepEqual(listed(9), [[0, 1, 2, 3, 4, 5, 6, 7, 8], undefined])
    assert.deepEqual(listed(5), [[0, 1, 6, 7, 8], 4])
    assert.deepEqual(listed(2), [[6, 7], 7])
  })

  it('distinguishes aborted, complete and failed streams', () => {
    const streams = jsonOf(
      runOf([wholeRecord(0), failedRecord(1), abortedRecord(2)], { interruptedBy: 'SIGINT' }),
    ).streams
    assert.deepEqual(
      streams.map(({ outcome, error, error_phase }) => [outcome, error, error_phase]),
      [
        ['whole', null, null],
        ['failed', 'truncated_fin', 'stream'],
        ['aborted', 'aborted', 'stream'],
      ],
    )
  })

  it("has each instant of a stream on the run's clock", () => {
    const [stream] = jsonOf(runOf([wholeRecord(0, { intendedNs: beginNs - ms })])).streams
    assert.deepEqual(stream?.instants_ns, {
      intended: beginNs - ms,
      started: beginNs,
      connected: beginNs + ms,
      request_sent: beginNs + 2 * ms,
      headers: beginNs + 9 * ms,
      first_byte: beginNs + 10 * ms,
      first_event: beginNs + 10 * ms,
      first_delta: beginNs + 12 * ms,
      last_delta: beginNs + 98 * ms,
      last_byte: beginNs + 99 * ms,
      ended: beginNs + 100 * ms,
    })
  })

  it('of run.json is the same without streams and flights', () => {
    const run = runOf(records(2))
    const { streams: _, flights: __, ...rest } = jsonOf(run)
    assert.deepEqual(runJson(run, judge(run)), rest)
  })
})
