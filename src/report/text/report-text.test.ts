import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  foundRecord,
  instrument,
  mockStats,
  ms,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../../test/fixtures/runs.ts'
import { judge } from '../../judge/judgement.ts'
import type { Flight } from '../../model/flight.ts'
import type { Run } from '../../model/run.ts'
import { type ReportDetail, reportDetails } from '../report-detail.ts'
import { reportText } from './report-text.ts'

const textOf = (run: Run, detail: ReportDetail = 'full') => reportText(run, judge(run), detail)
const rule = '='.repeat(72)
const flight = (stream: number): Flight => ({
  stream,
  why: 'worst',
  longestWaitNs: 9 * ms,
  startedNs: 0,
  endedNs: 90 * ms,
  stride: 1,
  deltas: [[1000, 9000]],
})

describe('the text report', () => {
  it('names what was tested in its first line and with the verdict', () => {
    for (const detail of reportDetails) {
      const lines = textOf(runOf(records(3)), detail).split('\n')
      assert.equal(lines[0], 'Tested:   embedded reference gateway, not ccr-rust (http://127.0.0.1:3456)')
      assert.ok(lines.indexOf(rule) > 0)
      assert.equal(
        lines[lines.lastIndexOf(rule) + 2],
        '  Verdict: PASS | tested: embedded reference gateway, not ccr-rust (http://127.0.0.1:3456)',
      )
      assert.equal(lines.at(-1), '')
    }
  })

  it('has at most 30 lines below the block of the original if nothing was found', () => {
    const full = runOf(records(200), {
      words: ['run', '--streams', '200'],
      mock: mockStats(200),
      instrument: instrument(),
      cost: { cpuS: 1, container: { cpuLimit: 1, throttledPeriods: 3, periods: 9, throttledS: 1 } },
      drain: { limitS: 10, tookMs: 9, before: {}, after: {}, backMs: {}, probe: { whole: true } },
      flights: [flight(3)],
    })
    const lines = textOf(full, 'short').split('\n')
    const below = lines.slice(lines.lastIndexOf(rule) + 1)
    assert.ok(below.length <= 31, below.join('\n'))
    const labels = below.flatMap((line) => /^ {2}([A-Z][\w ]+):/.exec(line)?.[1] ?? [])
    assert.deepEqual(labels, [
      'Verdict',
      'Timing',
      'Gateway CPU',
      'Gateway memory',
      'Gateway descriptors',
      'Gateway container',
      'Gateway throttled',
      'Telemetry',
      'Drain',
      'Slowest stream',
      'Rerun',
      'Full report',
    ])
  })

  it('has a table of direct, gateway and overhead, with n/a for what was not measured or has too few values', () => {
    const text = textOf(runOf(records(100)), 'short')
    assert.match(text, /^ {2}Times in ms +n +direct +gateway +overhead +95 % interval$/m)
    assert.match(text, /^ {2}TTFT p50 +100 +n\/a +12\.00 +n\/a +n\/a$/m)
    assert.match(text, /^ {2}TTFT p99 +100 +n\/a +12\.00 +n\/a +n\/a$/m)
    assert.match(text, /^ {2}Inter-chunk latency p99 +4 +n\/a +n\/a +n\/a +n\/a$/m)
    assert.match(text, /^ {2}Transit p50 +0 +n\/a +n\/a +n\/a +n\/a$/m)
  })

  it('has a line for each threshold with its state and what was observed, and one for the goodput', () => {
    const thresholds = ['ttft.p50 < 1s', 'ttft.max < 1ms', 'ttft.p99 < 1s', 'cpu.time < 1s']
    const run = runOf([...records(3), failedRecord(3)], { scenario: { thresholds, goodput: ['ttft < 1s'] } })
    for (const detail of reportDetails) {
      const text = textOf(run, detail)
      assert.match(text, /^ {2}RESULT: FAIL - Threshold ttft\.max < 1ms is broken: 12\.00 ms \(n 4\)$/m)
      const lines = text.split('\n')
      const at = lines.indexOf('  Thresholds:')
      assert.deepEqual(lines.slice(at - 1, at + 7), [
        '',
        '  Thresholds:',
        '    ttft.p50 < 1s   ok               12.00 ms (n 4)',
        '    ttft.max < 1ms  BROKEN           12.00 ms (n 4)',
        '    ttft.p99 < 1s   TOO FEW SAMPLES  4 values, needs 100',
        '    cpu.time < 1s   NOT MEASURED     not measured',
        '',
        '  Goodput: 3 of 4 streams (75.0 %), 30.00/s, with ttft < 1s',
      ])
    }
    const invalid = textOf(runOf([...records(3), unconnectedRecord(3, 'local_resource')], { scenario: { thresholds } }))
    assert.match(invalid, /^ {4}ttft\.max < 1ms +not judged +the harness failed$/m)
    assert.doesNotMatch(textOf(runOf(records(3))), /Thresholds|Goodput/)
  })

  it('shows each broken rule by its title with one example', () => {
    const text = textOf(runOf([...records(2), foundRecord(2, 'A3'), foundRecord(3, 'A3')]), 'short')
    assert.match(
      text,
      /^ {4}A3 .{10,}: 6 in 2 streams\n {6}stream 2, event 4, delta 2: expected "delta 2", got "red"$/m,
    )
    assert.doesNotMatch(text, /stream 3, event/)
  })

  it('ends with the command that runs the first failed stream again, complete however long it is', () => {
    const words = [
      'run',
      '--streams',
      '3',
      ...Array.from({ length: 40 }, (_, at) => ['--fault', `truncate#${at}`]).flat(),
    ]
    const text = textOf(runOf([wholeRecord(0), failedRecord(1)], { words }), 'short')
    assert.match(text, /^ {2}First failed stream: 1: truncated_fin in phase stream/m)
    assert.match(
      text,
      /^ {2}Rerun: npx ccr-sse-stress run --fault 'truncate#0' .*'truncate#39' --streams 1 --first-stream 1$/m,
    )
  })

  it('shows the slowest stream if the only failures are faults that the gateway handled', () => {
    const faulty = failedRecord(1, 'inband_error', { fault: 'truncate@50%', attempts: 1, faulty: 1 })
    const text = textOf(runOf([wholeRecord(0), faulty], { flights: [flight(0)] }), 'short')
    assert.match(text, /^ {2}Verdict: PASS/m)
    assert.match(text, /^ {2}Slowest stream: 0/m)
    assert.doesNotMatch(text, /First failed/)
  })

  it('names version, path and settings of a ccr-rust, and the scenario with its seed', () => {
    const gateway = {
      kind: 'ccr-rust',
      name: 'ccr-rust',
      version: '1.3.0',
      location: '/opt/ccr-rust',
      settings: ['stream limit lifted (CCR_MAX_STREAMS=0)'],
    } as const
    const head = textOf(runOf(records(3), { gateway })).split(rule)[0] ?? ''
    assert.match(
      head,
      /^Tested: {3}ccr-rust 1\.3\.0 \(\/opt\/ccr-rust\)\nTarget: {3}http:\/\/127\.0\.0\.1:3456, anthropic-messages\n/,
    )
    assert.match(head, /\nSettings: stream limit lifted \(CCR_MAX_STREAMS=0\)\n/)
    assert.match(
      head,
      /\nScenario: 3 streams, 5 deltas, delay 20 ms, no ramp, timeout 120 s, idle timeout 60 s, content plain, model mock,mock-model, .*seed 7, warm-up 8 streams\n/,
    )
    assert.match(head, /\nRun: {6}20261124-052454-a1b2c3, 2026-11-24T05:24:54\.000Z, ccr-sse-stress 0\.1\.0\n/)
    const named = textOf(runOf(records(3), { gateway: { ...gateway, name: 'ccr-rust 1.3.0' } }))
    assert.match(named, /^Tested: {3}ccr-rust 1\.3\.0 \(/)
  })

  it("prints the result in the original's words", () => {
    const result = (run: Run) => /RESULT: .*/.exec(textOf(run))?.[0]
    const failing = (failures: number) =>
      runOf(records(100, (stream) => (stream < failures ? failedRecord(stream) : wholeRecord(stream))))
    assert.equal(result(failing(0)), 'RESULT: PASS - all streams completed successfully')
    assert.equal(result(failing(3)), 'RESULT: WARN - 3/100 streams failed (3.0%)')
    assert.equal(result(failing(60)), 'RESULT: FAIL - 60/100 streams failed (60.0%)')
    const failedParts = [
      { part: 'mock', name: 'mock', state: 'ended', how: 'signal SIGKILL', phase: 'load', lastLines: [] },
    ] as const
    assert.equal(
      result({ ...failing(0), failedParts }),
      'RESULT: INVALID - The mock died (signal SIGKILL) during the load. Check whether the kernel killed it because memory ran out (`dmesg`).',
    )
  })

  it('has the times that the original lacks, with their number, and no p99 of fewer than 100', () => {
    const text = textOf(runOf(records(100)))
    assert.match(text, /^ {4}Connect +100 +1\.0 +1\.0 +1\.0 +n\/a +n\/a +1\.0$/m)
    assert.match(text, /^ {4}Headers after the request +100 +7\.0 +7\.0 +7\.0 +n\/a +n\/a +7\.0$/m)
    assert.match(text, /^ {4}TTFT +100 +12\.0 +12\.0 +12\.0 +n\/a +n\/a +12\.0$/m)
    assert.match(text, /^ {4}Inter-chunk latency +4 +20\.0 +25\.0 +n\/a +n\/a +n\/a +25\.0$/m)
    assert.match(text, /^ {4}Start lateness +100 +0\.0 +0\.0 +0\.0 +n\/a +n\/a +0\.0$/m)
    assert.match(textOf(runOf([unconnectedRecord(0)])), /^ {4}Connect +0( +n\/a){6}$/m)
  })

  it('shows times both with failed streams counted as longest and for complete streams only, if any failed', () => {
    const text = textOf(
      runOf(records(100, (stream) => (stream < 10 ? unconnectedRecord(stream) : wholeRecord(stream)))),
    )
    assert.match(text, /^ {6}complete streams only +90 +12\.0 +12\.0 +n\/a/m)
    assert.match(text, /^ {6}with failed streams as longest +100 +12\.0 +never +never$/m)
    assert.doesNotMatch(textOf(runOf(records(100))), /as longest/)
  })

  it('shows what gateway and mock report about themselves', () => {
    const telemetry = {
      usageBefore: { total_requests: 8 },
      usageAfter: { total_requests: 208, total_failures: 0, active_streams: 0 },
      sampledPeak: 190,
      samples: 25,
      highWaterMark: 200,
    }
    const text = textOf(runOf(records(200), { telemetry, mock: mockStats(200) }))
    assert.match(text, /Peak ccr active_streams: 200\n/)
    assert.match(text, /Telemetry: +active_streams peak 190 in 25 samples, high-water mark 200, requests 200\n/)
    assert.match(text, /Mock streams: +200 served, 0 aborted by the client, 0 open, 200 peak\n/)
    assert.match(text, /Mock sent: +1,800 events, 1,000 deltas for 200 requests\n/)
    assert.match(text, /Mock pacing error: +p50 5\.0 ms, p99 9\.9 ms, max 10\.0 ms, n 1,000\n/)
    const without = textOf(runOf(records(2)))
    assert.match(without, /active_streams peak n\/a in 0 samples, high-water mark n\/a, requests n\/a\n/)
    assert.doesNotMatch(without, /Mock streams/)
  })

  it('shows the first five failures with what is known of them', () => {
    const text = textOf(
      runOf(records(7, (stream) => failedRecord(stream, 'http_5xx', { status: 503, detail: 'HTTP 503' }))),
    )
    assert.match(text, /Failures \(first 5 of 7\):\n {4}stream 0: http_5xx in phase stream: HTTP 503\n/)
    assert.equal(text.match(/^ {4}stream \d/gm)?.length, 5)
    assert.match(textOf(runOf([failedRecord(0), wholeRecord(1)])), /Failures \(1\):\n/)
    assert.doesNotMatch(textOf(runOf(records(2))), /Failures/)
  })

  it('marks a stream that --timeout ended, but not one whose connect timed out in the kernel', () => {
    const ours = failedRecord(0, 'stream_timeout', { endedNs: beginNs + 120_000 * ms })
    const kernel = failedRecord(1, 'connect_timeout', { endedNs: beginNs + 60_000 * ms })
    const text = textOf(runOf([ours, kernel]))
    assert.match(text, /stream 0: stream_timeout in phase stream, HTTP 200 \(--timeout 120 s\): /)
    assert.match(text, /stream 1: connect_timeout in phase stream, HTTP 200: /)
    assert.match(text, /Ended by --timeout 120 s: 1 stream\n/)
  })

  it('shows how far an interrupted run got', () => {
    const run = runOf([wholeRecord(0), abortedRecord(1)], {
      scenario: { streams: 5 },
      notStarted: 3,
      interruptedBy: 'SIGINT',
    })
    const text = textOf(run)
    assert.match(text, /Streams: {2}5\n {2}Success: {2}1 {2}\| {2}Failed: 0\n/)
    assert.match(text, /RESULT: PASS - Interrupted by SIGINT: only the 1 of 5 streams that ended are judged\n/)
    assert.match(text, /Interrupted: SIGINT, 1 stream aborted, 3 not started\n/)
  })

  it('of a run without a single stream has no number that was not measured', () => {
    const run = runOf([], { scenario: { streams: 5 }, notStarted: 5, interruptedBy: 'SIGTERM' })
    const text = textOf(run)
    assert.match(text, /RESULT: INVALID - Interrupted by SIGTERM before any stream ended\n/)
    assert.doesNotMatch(text, /NaN|undefined|Infinity/)
  })

  it('lists every reason below the verdict', () => {
    const died = { name: 'ccr-rust', how: 'signal SIGKILL', lastLines: [] }
    const text = textOf(runOf([failedRecord(0)], { died }))
    assert.match(
      text,
      /^ {2}Verdict: FAIL .*\n {4}1\/1 streams failed \(100\.0%\)\n {4}The gateway died \(ccr-rust, signal SIGKILL\)\n/m,
    )
  })

  it('names the process that died and its last lines', () => {
    const died = { name: 'ccr-rust', how: 'exit status 101', lastLines: ['thread main panicked', 'at src/main.rs'] }
    const text = textOf(runOf(records(2), { died }))
    assert.match(text, /RESULT: FAIL - The gateway died \(ccr-rust, exit status 101\)\n/)
    assert.match(text, /Last lines of ccr-rust \(exit status 101\):\n {4}thread main panicked\n {4}at src\/main\.rs\n/)
  })

  it('keeps text from servers and processes from controlling the terminal or adding lines', () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\u009b31mx\r\n  RESULT: PASS - all streams completed successfully\n'
    const text = textOf(
      runOf([failedRecord(0, 'http_5xx', { detail: evil })], {
        gateway: { kind: 'ccr-rust', name: evil, version: evil, location: evil, settings: [evil] },
        target: { baseUrl: `http://127.0.0.1/${evil}`, protocol: 'anthropic-messages' },
        scenario: { model: evil },
        died: { name: evil, how: evil, lastLines: [evil] },
      }),
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
    assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    assert.equal(text.match(/^ *RESULT:/gm)?.length, 1)
    for (const line of text.split('\n')) assert.ok(line.length < 1100, line)
  })
})
