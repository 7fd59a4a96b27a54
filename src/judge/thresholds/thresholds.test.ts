import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  failedRecord,
  foundRecord,
  histogramOfMs,
  instrument,
  leakyDrain,
  ms,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../../test/fixtures/runs.ts'
import type { StreamRecord } from '../../model/record.ts'
import type { Run } from '../../model/run.ts'
import type { Scenario } from '../../model/scenario.ts'
import { judge } from '../judgement.ts'
import type { JudgedThreshold } from './thresholds.ts'

type Members = Partial<Omit<Run, 'scenario'>> & { readonly scenario?: Partial<Scenario> }

/** A complete stream whose first delta arrives after this time. */
const after = (ttftMs: number) => (stream: number) => {
  const { startedNs } = wholeRecord(stream)
  return wholeRecord(stream, { firstDeltaNs: startedNs + ttftMs * ms })
}

const judged = (streams: readonly StreamRecord[], text: string, { scenario, ...members }: Members = {}) => {
  const judgement = judge(runOf(streams, { ...members, scenario: { ...scenario, thresholds: [text] } }))
  return { ...judgement, threshold: judgement.thresholds[0] as JudgedThreshold }
}

/** 98 complete streams, one that failed after its first delta and one that failed before. */
const twoFailed = [...records(98), failedRecord(98), unconnectedRecord(99)]

const cost = {
  cpuS: 2.5,
  memoryBeforeBytes: 100 * 2 ** 20,
  memoryPeakBytes: 300 * 2 ** 20,
  memoryAfterBytes: 110 * 2 ** 20,
  descriptorsPeak: 230,
  descriptorsAfter: 30,
  container: { throttledS: 0.25 },
}

const block = (timesMs: readonly number[]) => {
  const times = histogramOfMs(timesMs)
  return { interChunk: times, transit: times, connect: times, headers: times, ttft: times }
}
const baseline = {
  windows: [{ when: 'before', streams: 100, whole: 100, chunks: 5, blocks: [block([2, 2, 2, 2])] }],
  gateway: [block([10])],
} as const

type Case = readonly [
  text: string,
  streams: readonly StreamRecord[],
  state: JudgedThreshold['state'],
  got: string | RegExp,
  members?: Members,
]

const cases: readonly Case[] = [
  // Times.
  ['ttft.p99 < 250ms', records(100), 'ok', '12.00 ms (n 100)'],
  ['ttft.p99 < 12ms', records(100), 'broken', '12.00 ms (n 100)'],
  ['ttft.p99 <= 12ms', records(100), 'ok', '12.00 ms (n 100)'],
  ['ttft.p99 > 12ms', records(100), 'broken', '12.00 ms (n 100)'],
  ['ttft.p99 >= 12ms', records(100), 'ok', '12.00 ms (n 100)'],
  ['ttft.p99 == 12ms', records(100), 'ok', '12.00 ms (n 100)'],
  ['ttft.p99 != 12ms', records(100), 'broken', '12.00 ms (n 100)'],
  ['ttft.p50 < 250ms', records(100, after(300)), 'broken', '300.00 ms (n 100)'],
  ['ttft.max < 250ms', [...records(9), after(300)(9)], 'broken', '300.00 ms (n 10)'],
  ['ttft.min < 250us', records(3), 'broken', '12.00 ms (n 3)'],
  ['ttft.n >= 3', records(3), 'ok', '3'],
  ['ttfb.p50 < 11ms', records(3), 'ok', '10.00 ms (n 3)'],
  ['connect.p95 < 2ms', records(20), 'ok', '1.00 ms (n 20)'],
  ['headers.p50 <= 7ms', records(3), 'ok', '7.00 ms (n 3)'],
  ['duration.max <= 100ms', records(3), 'ok', '100.00 ms (n 3)'],
  ['lateness.max < 1ms', records(3), 'ok', '0.0 us (n 3)'],
  ['interChunk.p50 < 21ms', records(3), 'ok', /^20\.0\d ms \(n 4\)$/],
  ['interChunk.max <= 25ms', records(3), 'ok', '25.00 ms (n 4)'],
  ['transit.p50 < 5ms', records(3), 'ok', '4.00 ms (n 3)', { transit: histogramOfMs([3, 4, 5]) }],
  ['transit.p50 < 5ms', records(3), 'not_measured', 'not measured'],
  // Samples.
  ['ttft.p99 < 250ms', records(99), 'too_few_samples', '99 values, needs 100'],
  ['ttft.p99.9 < 250ms', records(999), 'too_few_samples', '999 values, needs 1,000'],
  ['ttft.p99.9 < 250ms', records(1000), 'ok', '12.00 ms (n 1,000)'],
  ['ttft.p95 < 250ms', records(19), 'too_few_samples', '19 values, needs 20'],
  ['ttft.p50 < 250ms', records(1), 'ok', '12.00 ms (n 1)'],
  ['interChunk.p95 < 1s', records(3), 'too_few_samples', '4 values, needs 20'],
  // Streams that failed first count as longer than any.
  ['ttft.p50 < 250ms', twoFailed, 'ok', '12.00 ms (n 100)'],
  ['ttft.max < 250ms', twoFailed, 'broken', 'never: too many streams failed first (n 100)'],
  ['ttft.p99 < 250ms', twoFailed, 'broken', 'never: too many streams failed first (n 100)'],
  ['ttftWhole.max < 250ms', twoFailed, 'ok', '12.00 ms (n 98)'],
  [
    'duration.p95 < 1s',
    [...records(10), ...Array.from({ length: 10 }, (_, at) => failedRecord(at + 10))],
    'broken',
    /never/,
  ],
  [
    'ttft.max < 250ms',
    [wholeRecord(0), failedRecord(1, 'inband_error', { fault: 'http-500', firstDeltaNs: undefined as never })],
    'ok',
    '12.00 ms (n 1)',
  ],
  ['ttft.max < 250ms', [wholeRecord(0), abortedRecord(1)], 'ok', '12.00 ms (n 2)'],
  // How streams ended.
  ['failed.rate < 1%', records(100), 'ok', '0.00 %'],
  ['failed.rate < 1%', twoFailed, 'broken', '2.00 %'],
  ['failed.rate <= 2%', twoFailed, 'ok', '2.00 %'],
  [
    'failed.rate <= 7%',
    [...records(93), ...Array.from({ length: 7 }, (_, at) => failedRecord(93 + at))],
    'ok',
    '7.00 %',
  ],
  ['failed.count <= 1', twoFailed, 'broken', '2'],
  ['failed.rate == 0%', [wholeRecord(0), failedRecord(1, 'inband_error', { fault: 'http-500' })], 'ok', '0.00 %'],
  ['truncated.rate == 0%', twoFailed, 'broken', '1.00 %'],
  ['truncated.count < 2', twoFailed, 'ok', '1'],
  ['errors.connect_refused.count == 0', twoFailed, 'broken', '1'],
  ['errors.connect_refused.rate < 5%', twoFailed, 'ok', '1.00 %'],
  ['errors.cross_talk.count == 0', twoFailed, 'ok', '0'],
  // Findings.
  ['findings.count == 0', records(3), 'ok', '0'],
  ['findings.count == 0', [wholeRecord(0), foundRecord(1, 'A3')], 'broken', '3'],
  ['findings.A3.count < 3', [wholeRecord(0), foundRecord(1, 'A3')], 'broken', '3'],
  ['findings.I5.count == 0', [wholeRecord(0), foundRecord(1, 'A3')], 'ok', '0'],
  ['findings.fd_leak.count == 0', records(3), 'broken', /^[1-9]$/, { drain: leakyDrain }],
  ['findings.count == 0', records(3), 'broken', /^[1-9]/, { drain: leakyDrain }],
  ['findings.fd_leak.count == 0', records(3), 'ok', '0'],
  // What the gateway cost.
  ['cpu.time < 2s', records(4), 'broken', '2500.00 ms', { cost }],
  ['cpu.perEvent < 100ms', records(4), 'ok', '69.44 ms', { cost }],
  ['cpu.throttled < 100ms', records(4), 'broken', '250.00 ms', { cost }],
  ['memory.peak < 512MiB', records(4), 'ok', '300.00 MiB', { cost }],
  ['memory.after < 100MiB', records(4), 'broken', '110.00 MiB', { cost }],
  ['memory.perStream < 64MiB', records(4), 'ok', '50.00 MiB', { cost }],
  ['descriptors.peak <= 230', records(4), 'ok', '230', { cost }],
  ['descriptors.after < 30', records(4), 'broken', '30', { cost }],
  ['cpu.time < 2s', records(4), 'not_measured', 'not measured'],
  ['memory.peak < 1GiB', records(4), 'not_measured', 'not measured'],
  // Overhead.
  ['overhead.ttft.p50 < 11ms', records(3), 'ok', /^10\.00 ms \(n 3\)$/, { baseline }],
  ['overhead.ttft.p50 < 5ms', records(3), 'broken', /^10\.00 ms \(n 3\)$/, { baseline }],
  ['overhead.ttft.p99 < 5ms', records(3), 'too_few_samples', '3 values, needs 100', { baseline }],
  ['overhead.ttft.p50 < 5ms', records(3), 'not_measured', 'not measured'],
  // Rates.
  ['streams.rate > 20/s', records(4), 'ok', '40.00/s'],
  ['events.rate > 400/s', records(4), 'broken', '360.00/s'],
  ['deltas.rate > 150/s', records(4), 'ok', '200.00/s'],
  ['throughput.rate > 1Mbit/s', records(4), 'broken', '0.32 Mbit/s'],
  ['wall.time < 1s', records(4), 'ok', '100.00 ms'],
  ['complete.count == 98', twoFailed, 'ok', '98'],
  ['aborted.count == 0', [wholeRecord(0), abortedRecord(1)], 'broken', '1'],
  ['notStarted.count == 0', records(4), 'broken', '2', { notStarted: 2 }],
  ['activeStreams.peak <= 4', records(4), 'broken', '5', { telemetry: { samples: 1, sampledPeak: 5 } }],
  ['drain.time < 10s', records(4), 'broken', '10031.00 ms', { drain: leakyDrain }],
  ['open.peak >= 4', records(4), 'ok', '4'],
  ['goodput.count >= 4', records(4), 'ok', '4', { scenario: { goodput: ['ttft < 500ms'] } }],
  [
    'goodput.share >= 100%',
    [...records(3), after(600)(3)],
    'broken',
    '75.00 %',
    { scenario: { goodput: ['ttft < 500ms'] } },
  ],
  ['goodput.rate > 35/s', records(4), 'ok', '40.00/s', { scenario: { goodput: ['ttft < 500ms'] } }],
  ['goodput.share >= 100%', [...records(3), failedRecord(3)], 'broken', '75.00 %'],
  // A threshold of another version.
  ['ttft.p42x < 5ms', records(3), 'not_measured', 'not known to this version'],
]

describe('a threshold', () => {
  for (const [text, streams, state, got, members] of cases)
    it(`${text}: ${state}, ${got}`, () => {
      const { threshold, verdict, reasons, exitStatus } = judged(streams, text, members)
      assert.equal(threshold.state, state, threshold.got)
      if (typeof got === 'string') assert.equal(threshold.got, got)
      else assert.match(threshold.got, got)
      const isRed = state !== 'ok'
      const sentence = reasons.find((reason) => reason.startsWith('Threshold '))
      assert.equal(sentence !== undefined, isRed, reasons.join('\n'))
      if (isRed) {
        assert.deepEqual([verdict, exitStatus], ['fail', 1])
        assert.ok(sentence?.includes(text) && sentence.includes(threshold.got), sentence)
      }
    })

  it('has its observed value and its limit in one unit', () => {
    const { threshold } = judged(records(100), 'ttft.p99 < 0.25s')
    const { text, metric, unit, observed, limit, samples } = threshold
    assert.deepEqual(
      { text, metric, unit, observed, limit, samples },
      {
        text: 'ttft.p99 < 250ms',
        metric: 'ttft.p99',
        unit: 'ms',
        observed: 12,
        limit: 250,
        samples: 100,
      },
    )
    assert.deepEqual(judged(twoFailed, 'failed.rate<1%').threshold.observed, 0.02)
  })
})

const phases = [
  { name: 'warm-up', shape: 'burst', streams: 2, excluded: true },
  { name: 'steady', shape: 'burst', streams: 2 },
  { name: 'spike', shape: 'burst', streams: 2 },
] as const
/** Two streams of each phase; those of the warm-up are slow and one of them failed. */
const phased: readonly StreamRecord[] = [
  { ...after(900)(0), phase: 0 },
  { ...failedRecord(1), phase: 0 },
  { ...after(20)(2), phase: 1 },
  { ...after(20)(3), phase: 1 },
  { ...after(80)(4), phase: 2 },
  { ...failedRecord(5, 'http_5xx'), phase: 2, firstDeltaNs: undefined as never },
]

describe('a threshold of a phase', () => {
  const phaseTimes = [9, 2, 4].map((time) => ({
    interChunk: histogramOfMs([time]),
    transit: histogramOfMs([time + 1]),
  }))
  const members = { scenario: { phases, goodput: ['ttft < 50ms'] }, dropped: [5, 0, 2], phaseTimes }
  for (const [text, state, got] of [
    ['ttft{phase:steady}.max < 50ms', 'ok', '20.00 ms (n 2)'],
    ['ttft{phase:spike}.p50 < 50ms', 'broken', 'never: too many streams failed first (n 2)'],
    ['ttft{phase:warm-up}.max < 1s', 'ok', '900.00 ms (n 2)'],
    ['ttftWhole.max < 100ms', 'ok', '80.00 ms (n 3)'],
    ['failed{phase:steady}.rate == 0%', 'ok', '0.00 %'],
    ['failed{phase:spike}.rate == 0%', 'broken', '50.00 %'],
    ['failed.count <= 1', 'ok', '1'],
    ['errors.http_5xx{phase:spike}.count == 0', 'broken', '1'],
    ['dropped{phase:spike}.count == 0', 'broken', '2'],
    ['dropped{phase:spike}.rate <= 50%', 'ok', '50.00 %'],
    ['dropped{phase:steady}.count == 0', 'ok', '0'],
    ['dropped.count <= 2', 'ok', '2'],
    ['goodput{phase:steady}.share == 100%', 'ok', '100.00 %'],
    ['goodput{phase:spike}.share > 50%', 'broken', '0.00 %'],
    ['goodput.count == 2', 'ok', '2'],
    ['interChunk{phase:spike}.max < 3ms', 'broken', '4.00 ms (n 1)'],
    ['transit{phase:steady}.max <= 3ms', 'ok', '3.00 ms (n 1)'],
    ['open{phase:spike}.peak == 2', 'ok', '2'],
    ['open.peak == 4', 'ok', '4'],
    ['ttft{phase:none}.p50 < 50ms', 'not_measured', 'not measured'],
  ] as const)
    it(`${text} is ${state}: only its streams count, and those of an excluded phase count for no other`, () => {
      const { threshold } = judged(phased, text, members)
      assert.deepEqual([threshold.state, threshold.got], [state, got])
    })

  it('counts wrong content in excluded phases for the whole run, as the verdict does', () => {
    const streams = [
      { ...foundRecord(0, 'A3'), phase: 0 },
      { ...foundRecord(1, 'A3'), phase: 1 },
      { ...wholeRecord(2), phase: 2 },
    ]
    for (const [text, got] of [
      ['findings.count == 0', '6'],
      ['findings.A3.count == 0', '6'],
      ['findings.A3{phase:steady}.count == 0', '3'],
      ['findings.A3{phase:spike}.count == 0', '0'],
    ] as const)
      assert.equal(judged(streams, text, { scenario: { phases } }).threshold.got, got)
  })

  it('is one of the only phase `load` if the scenario has no phases', () => {
    assert.equal(judged(records(3), 'ttft{phase:load}.p50 < 50ms').threshold.state, 'ok')
  })
})

describe('an instrument that cannot be trusted', () => {
  const delay = { p50Ms: 13.9, p99Ms: 90, maxMs: 135, totalMs: 900 }
  const starved = { ...instrument(), runner: [readings('runner', { cpuMs: 220, cpuWaitMs: 1700, loopDelay: delay })] }
  const busy = { ...instrument(), runner: [readings('runner', { cpuMs: 350, cpuWaitMs: 900 })] }
  const timedOut = (stream: number) => failedRecord(stream, 'stream_timeout')

  for (const [text, streams, state, verdict, exitStatus] of [
    ['ttft.p99 < 250ms', records(100), 'invalid_timing', 'invalid', 3],
    ['ttft.p99 < 1ms', records(100), 'invalid_timing', 'invalid', 3],
    ['ttft.p99.9 < 1ms', records(100), 'invalid_timing', 'invalid', 3],
    ['transit.p99 < 1ms', records(100), 'invalid_timing', 'invalid', 3],
    ['overhead.ttft.p50 < 1ms', records(100), 'invalid_timing', 'invalid', 3],
    ['goodput.rate > 1/s', records(100), 'invalid_timing', 'invalid', 3],
    ['failed.rate < 1%', records(100), 'invalid_timing', 'invalid', 3],
    // The harness may have missed its own deadlines.
    ['failed.rate < 1%', [...records(98), timedOut(98), timedOut(99)], 'invalid_timing', 'invalid', 3],
    // Content and broken connections are the gateway's, however slow the harness was.
    ['failed.rate < 1%', twoFailed, 'broken', 'fail', 1],
    ['findings.A3.count == 0', [...records(99), foundRecord(99, 'A3')], 'broken', 'fail', 1],
    ['findings.A3.count == 0', records(100), 'ok', 'invalid', 3],
    ['memory.peak < 1GiB', records(100), 'not_measured', 'invalid', 3],
    ['cpu.time < 1us', records(100), 'invalid_timing', 'invalid', 3],
    ['open.peak > 1000', records(100), 'invalid_timing', 'invalid', 3],
  ] as const)
    it(`with invalid times: ${text} is ${state}, and the run ${verdict}`, () => {
      const result = judged(streams, text, { instrument: starved })
      assert.equal(result.timing.state, 'invalid')
      assert.deepEqual([result.threshold.state, result.verdict, result.exitStatus], [state, verdict, exitStatus])
    })

  it('passes with a note if its times are suspect, and fails as always', () => {
    const [good, bad] = ['ttft.p99 < 250ms', 'ttft.p99 < 1ms'].map((text) =>
      judged(records(100), text, { instrument: busy }),
    )
    assert.equal(good?.timing.state, 'suspect')
    assert.deepEqual([good?.threshold.state, good?.verdict, good?.exitStatus], ['ok', 'pass', 0])
    assert.equal(good?.threshold.got, '12.00 ms (n 100), timing is suspect')
    assert.deepEqual([bad?.threshold.state, bad?.exitStatus], ['broken', 1])
  })

  it('does not judge any threshold if the harness failed', () => {
    const streams = [...records(99), unconnectedRecord(99, 'local_resource')]
    for (const text of ['ttft.p50 < 1ms', 'failed.rate < 1%', 'findings.count == 0']) {
      const result = judged(streams, text)
      assert.deepEqual([result.threshold.state, result.verdict, result.exitStatus], ['invalid_timing', 'invalid', 3])
    }
  })
})

describe('a run that ended before its load was complete', () => {
  it('is the failure of its warm-up, not of its thresholds', () => {
    const { threshold, reasons, exitStatus } = judged([failedRecord(0)], 'ttft.p50 < 1s', {
      stopped: { phase: 'warm-up' },
    })
    assert.deepEqual([threshold.state, exitStatus], ['not_measured', 1])
    assert.ok(!reasons.some((reason) => reason.startsWith('Threshold')), reasons.join('\n'))
  })

  it('has the status of its signal if it was interrupted', () => {
    const streams = [...records(3), abortedRecord(3)]
    const { threshold, reasons, exitStatus } = judged(streams, 'ttft.p99 < 1s', { interruptedBy: 'SIGINT' })
    assert.deepEqual([threshold.state, exitStatus], ['too_few_samples', 130])
    assert.ok(!reasons.some((reason) => reason.startsWith('Threshold')), reasons.join('\n'))
  })

  it('stays broken if the streams that ended meanwhile would repair it', () => {
    const text = 'failed.rate < 20%, abort'
    const abortedBy = { threshold: text, afterS: 1, got: '33.33 % (1 of 3 streams failed)' }
    const { threshold, exitStatus } = judged([...records(9), failedRecord(9)], text, { abortedBy })
    assert.deepEqual([threshold.state, threshold.got, exitStatus], ['broken', '10.00 %', 1])
  })

  it('is not mostly failed: the load was not complete', () => {
    const text = 'failed.count < 1, abort'
    const abortedBy = { threshold: text, afterS: 1, got: '1 of 1 streams failed' }
    const { mostlyFailed, exitStatus } = judged([failedRecord(0)], text, { abortedBy, scenario: { streams: 50 } })
    assert.deepEqual([mostlyFailed, exitStatus], [false, 1])
  })

  it('is broken by the threshold that ended it, and says when', () => {
    const text = 'failed.rate < 1%, abort'
    const streams = [...records(8), failedRecord(8), abortedRecord(9)]
    const abortedBy = { threshold: text, afterS: 3.04, got: '11.11 % (1 of 9 streams)' }
    const { threshold, verdict, reasons, exitStatus } = judged(streams, text, { abortedBy, scenario: { streams: 50 } })
    assert.deepEqual([threshold.state, verdict, exitStatus], ['broken', 'fail', 1])
    assert.ok(
      reasons.includes(`Threshold ${text} is broken: 11.11 % (1 of 9 streams) after 3.0 s, which ended the load`),
      reasons.join('\n'),
    )
  })
})
