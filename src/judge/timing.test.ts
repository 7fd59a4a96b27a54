import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  beginNs,
  failedRecord,
  foundRecord,
  histogramOfMs,
  instrument,
  mockStats,
  ms,
  readings,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import type { InstrumentReadings, MachineReadings } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import { judge } from './judgement.ts'

const quiet: Partial<Run> = { instrument: instrument(), mock: { ...mockStats(100), instrument: [readings('mock')] } }
const withRunner = (members: Partial<InstrumentReadings>): Run =>
  runOf(records(100), { ...quiet, instrument: { ...instrument(), runner: [readings('runner', members)] } })
const withMock = (members: Partial<InstrumentReadings>): Run =>
  runOf(records(100), { ...quiet, mock: { ...mockStats(100), instrument: [readings('mock', members)] } })
const withMachine = (members: Partial<MachineReadings>): Run =>
  runOf(records(100), { ...quiet, instrument: instrument(members) })
const late = (lateMs: number) => (stream: number) => wholeRecord(stream, { intendedNs: beginNs - lateMs * ms })
const withLateness = (lateMs: number, rampMs: number): Run =>
  runOf(records(100, late(lateMs)), { ...quiet, scenario: { rampMs } })
const withPacing = (timesMs: readonly number[], delayMs = 50): Run =>
  runOf(records(100), { mock: { ...mockStats(100), pacingError: histogramOfMs(timesMs) }, scenario: { delayMs } })
const repeated = (count: number, lateMs: number) => Array.from({ length: count }, () => lateMs)
const delay = (p50Ms: number, p99Ms: number, totalMs: number) => ({ p50Ms, p99Ms, maxMs: p99Ms * 1.5, totalMs })

const starved = { cpuMs: 220, cpuWaitMs: 1700, loopDelay: delay(13.9, 90, 900) }

/** For each reason: a run that has it, the state, and a pattern of its sentence. */
const bad: readonly (readonly [what: string, run: Run, state: 'suspect' | 'invalid', pattern: RegExp])[] = [
  [
    'a runner without a CPU',
    withRunner(starved),
    'invalid',
    /^The runner waited for a CPU for 85 % of the load, 7\.7 times/,
  ],
  [
    'a runner that shares one CPU with its mock and eight other processes',
    withRunner({ cpuMs: 114, cpuWaitMs: 1160, loopDelay: delay(9.1, 39, 690) }),
    'invalid',
    /^The runner waited for a CPU for 58 % of the load, 10\.2 times/,
  ],
  [
    'a runner that shares its CPU',
    withRunner({ cpuMs: 350, cpuWaitMs: 900 }),
    'suspect',
    /^The runner waited for a CPU for 45 %/,
  ],
  [
    'a runner on a crowded machine',
    withRunner({ cpuMs: 203, cpuWaitMs: 1180, loopDelay: delay(7.6, 39, 580) }),
    'suspect',
    /^The runner waited for a CPU for 59 % of the load, 5\.8 times/,
  ],
  [
    'a mock that waits often, but never long',
    withMock({ cpuMs: 126, cpuWaitMs: 960, loopDelay: delay(0.9, 17, 180) }),
    'suspect',
    /^The mock waited for a CPU for 48 % of the load, 7\.6 times/,
  ],
  ['a mock without a CPU', withMock(starved), 'invalid', /^The mock waited for a CPU for 85 %/],
  [
    'late starts of a ramp',
    withLateness(600, 1000),
    'invalid',
    /^The runner started its streams late: p50 600 ms.*limit p50 400 ms/,
  ],
  [
    'rather late starts of a ramp',
    withLateness(150, 1000),
    'suspect',
    /^The runner started its streams late: p50 150 ms.*limit p99 100 ms/,
  ],
  ['late starts of a ramp that is a burst', withLateness(600, 50), 'suspect', /^The runner started its streams late/],
  [
    'a mock that falls behind',
    withPacing(repeated(100, 90)),
    'invalid',
    /^The mock sent its deltas late: .*p50 90 ms.*with 50 ms between deltas/,
  ],
  [
    'a mock that often falls behind',
    withPacing([...repeated(80, 2), ...repeated(20, 300)]),
    'invalid',
    /^The mock sent its deltas late: .*p50 2\.0 ms, p90 300 ms/,
  ],
  [
    'a mock that sometimes falls behind',
    withPacing([...repeated(97, 2), ...repeated(3, 300)]),
    'suspect',
    /^The mock sent its deltas late/,
  ],
  ['a mock with 1 ms between deltas', withPacing(repeated(100, 900), 1), 'suspect', /^The mock sent its deltas late/],
  [
    'a CPU that others use',
    withMachine({ stealShare: 0.45 }),
    'suspect',
    /^The hypervisor gave 45 % of this machine's CPU time to other guests/,
  ],
  ['a CPU that others use too', withMachine({ stealShare: 0.2 }), 'suspect', /^The hypervisor gave 20 %/],
  ['full accept queues', withMachine({ listenOverflows: 7 }), 'suspect', /7 connections met a full accept queue/],
  [
    'few descriptors',
    withMachine({ descriptors: { left: 3, limit: 256 } }),
    'suspect',
    /^The runner nearly ran out of file descriptors: 3 of 256 left/,
  ],
  [
    'few ports',
    withMachine({ ports: { left: 0, limit: 28_232 } }),
    'suspect',
    /^The runner nearly ran out of local ports: 0 of 28232/,
  ],
]

/** Runs that must stay trusted. */
const good: readonly (readonly [what: string, run: Run])[] = [
  ['of a quiet machine', runOf(records(100), quiet)],
  ['without any measurement', runOf(records(100))],
  ['whose threads waited little compared with their CPU time', withRunner({ cpuMs: 900, cpuWaitMs: 1000 })],
  ['that waited for nearly every turn, with one turn per 100 ms', withRunner({ cpuMs: 20, cpuWaitMs: 200 })],
  ['with the collections of 1,000 streams', withRunner({ gc: { count: 149, totalMs: 100, longestMs: 12 } })],
  ['with a pause', withRunner({ gc: { count: 2, totalMs: 90, longestMs: 85 } })],
  ['that is a burst, whose lateness is its cost', withLateness(900, 0)],
  ['with starts on time', withLateness(40, 1000)],
  ['whose mock is as late as its timing wheel', withPacing([...repeated(90, 1.5), ...repeated(10, 30)])],
  ['of a mock without a pace', withPacing(repeated(100, 400), 0)],
  ['with enough descriptors', withMachine({ descriptors: { left: 39, limit: 256 } })],
]

describe('the timing of a run', () => {
  for (const [what, run, state, pattern] of bad) {
    it(`is ${state} with ${what}, and names the reason`, () => {
      const timing = judge(run).timing
      assert.equal(timing.state, state, timing.reasons.join('\n'))
      assert.ok(
        timing.reasons.some((reason) => pattern.test(reason)),
        timing.reasons.join('\n'),
      )
      assert.equal(judge(run).verdict, state === 'invalid' ? 'invalid' : 'pass')
    })
  }

  for (const [what, run] of good) {
    it(`is trusted in a run ${what}`, () => {
      assert.deepEqual(judge(run).timing, { state: 'trusted', reasons: [] })
      assert.equal(judge(run).verdict, 'pass')
    })
  }

  it('is invalid if the harness failed, and names the exhausted resource', () => {
    const short = { ...unconnectedRecord(99, 'local_resource') }
    const detail = 'connect EMFILE 127.0.0.1:3456'
    const outcome = { state: 'failed', phase: 'connect', kind: 'local_resource', detail } as const
    const { state, reasons } = judge(runOf([...records(99), { ...short, outcome }])).timing
    assert.equal(state, 'invalid')
    assert.match(
      reasons[0] ?? '',
      /^1 of 100 streams failed on this machine: out of file descriptors \(EMFILE\)\. Run `ccr-sse-stress doctor`\.$/,
    )
  })

  it('lists what makes it invalid before what makes it suspect', () => {
    const run = withRunner({ ...starved, gc: { count: 20, totalMs: 230, longestMs: 44 } })
    const { reasons } = judge({ ...run, scenario: { ...run.scenario } }).timing
    assert.deepEqual(
      reasons.map((reason) => /CPU for|Garbage/.exec(reason)?.[0]),
      ['CPU for', 'Garbage'],
    )
    assert.deepEqual(judge(run).reasons, reasons.slice(0, 1))
  })

  it('is invalid if one of the threads of the runner was limited', () => {
    const runner = [readings('runner'), readings('runner 2', starved)]
    const { state, reasons } = judge(runOf(records(100), { instrument: { ...instrument(), runner } })).timing
    assert.equal(state, 'invalid')
    assert.match(reasons[0] ?? '', /^The runner 2 waited for a CPU/)
  })
})

describe('the verdict of a run whose timing is invalid', () => {
  const starvedRun = (streams: Run['records']): Run =>
    runOf(streams, { ...quiet, instrument: { ...instrument(), runner: [readings('runner', starved)] } })

  it("is invalid if streams failed only by the harness's deadlines", () => {
    const { verdict, reasons, timing } = judge(
      starvedRun([...records(90), ...records(10, (stream) => failedRecord(90 + stream, 'stream_timeout'))]),
    )
    assert.equal(verdict, 'invalid')
    assert.match(reasons[0] ?? '', /^The runner waited for a CPU/)
    assert.equal(reasons[1], '10/100 streams failed (10.0%)')
    assert.equal(timing.state, 'invalid')
  })

  it('is invalid with a defect that does not fail a run by itself, and names both', () => {
    for (const harmed of [failedRecord(99, 'truncated_fin'), foundRecord(99, 'A3')]) {
      const { verdict, reasons } = judge(starvedRun([...records(99), harmed]))
      assert.equal(verdict, 'invalid')
      assert.match(reasons[0] ?? '', /^The runner waited for a CPU/)
      assert.equal(reasons.length, 2)
    }
  })

  for (const [what, streams, verdict] of [
    ['streams that were truncated', [...records(90), ...records(10, (stream) => failedRecord(90 + stream))], 'fail'],
    ['a stream with other content', [...records(99), foundRecord(99, 'I1')], 'fail'],
  ] as const) {
    it(`stays ${verdict} with ${what}, and reports the timing separately`, () => {
      const judged = judge(starvedRun(streams))
      assert.equal(judged.verdict, verdict)
      assert.ok(
        judged.reasons.every((reason) => !reason.includes('CPU')),
        judged.reasons.join('\n'),
      )
      assert.equal(judged.timing.state, 'invalid')
    })
  }

  it('has no findings about the shape of times', () => {
    const burst = (stream: number) => {
      const startedNs = beginNs
      const firstDeltaNs = startedNs + 950 * ms
      return wholeRecord(stream, {
        startedNs,
        firstDeltaNs,
        lastDeltaNs: firstDeltaNs + ms,
        deltas: 20,
        endedNs: startedNs + 960 * ms,
      })
    }
    const scenario = { chunks: 20, delayMs: 50 }
    const buffered = runOf(records(100, burst), { scenario })
    assert.deepEqual(
      judge(buffered).gatewayFindings.map((finding) => finding.class),
      ['buffered'],
    )
    assert.deepEqual(judge({ ...starvedRun(buffered.records), scenario: buffered.scenario }).gatewayFindings, [])
  })
})
