import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  failedRecord,
  foundRecord,
  instrument,
  leakyDrain,
  ms,
  readings,
  records,
  runOf,
  wholeRecord,
} from '../../../test/fixtures/runs.ts'
import type { Break } from '../../model/capacity.ts'
import type { Run } from '../../model/run.ts'
import { judge } from '../judgement.ts'
import { breakOf, trialOf } from './trial.ts'

/** What broke in a run of a step on a machine with four cores. */
function broke(run: Run): Break {
  return breakOf(run, judge(run), 4)
}

/** A stream whose first delta came after 600 ms. */
const slow = (stream: number) =>
  wholeRecord(stream, {
    firstDeltaNs: wholeRecord(stream).startedNs + 600 * ms,
    endedNs: wholeRecord(stream).startedNs + 1000 * ms,
  })

const limits = { thresholds: ['failed.count == 0', 'ttft.p99 < 250ms'] }
const slowRun = (cost: Run['cost'], members: Partial<Run> = {}) =>
  runOf(records(200, slow), { scenario: limits, cost, ...members })
const unknown = { kind: 'unknown', name: 'gateway', location: 'http://127.0.0.1:8080', settings: [] } as const
const halfFailed = (kind: Parameters<typeof failedRecord>[1]) =>
  runOf(
    records(200, (stream) => (stream % 2 ? failedRecord(stream, kind) : wholeRecord(stream))),
    { scenario: limits },
  )

describe('what broke at a step', () => {
  it('is named by its cause, not by its symptom', () => {
    const died = {
      name: 'gateway',
      how: 'signal SIGABRT',
      lastLines: ['FATAL ERROR: Reached heap limit', 'JavaScript heap out of memory'],
    }
    const killed = { ...died, how: 'signal SIGKILL', lastLines: [] }
    const cases: readonly (readonly [what: string, run: Run, kind: Break['kind'], detail: RegExp])[] = [
      ['slow streams', slowRun(undefined), 'latency', /^ttft\.p99 < 250ms: 600\.00 ms \(n 200\)$/],
      [
        'a gateway of one thread at its limit',
        slowRun({ cpuS: 0.97 }),
        'cpu',
        /^the gateway used 0\.97 of 1 core; ttft\.p99/,
      ],
      ['a gateway of one core on four', slowRun({ cpuS: 0.97 }, { gateway: unknown }), 'latency', /^ttft\.p99/],
      ['a gateway of four cores', slowRun({ cpuS: 3.8 }, { gateway: unknown }), 'cpu', /of 4 cores/],
      [
        'a container at its CPU limit',
        slowRun({ container: { cpuS: 0.5, cpuLimit: 0.5, periods: 10, throttledPeriods: 9 } }, { gateway: unknown }),
        'cpu',
        /of 0\.5 cores/,
      ],
      ['refused streams', halfFailed('http_5xx'), 'errors', /^100 streams failed, most with http_5xx \(100\)$/],
      [
        'deadlines without CPU',
        { ...halfFailed('token_idle_timeout'), cost: { cpuS: 0.1 } },
        'cpu',
        /^the gateway used 1\.00 of 1 core; 100 streams failed, most with token_idle_timeout/,
      ],
      ['changed content', halfFailed('text_corrupted'), 'content', /^100 streams with text_corrupted/],
      [
        'content that changed in streams that look complete',
        runOf(records(20, (stream) => foundRecord(stream, 'I2'))),
        'content',
        /I2/,
      ],
      [
        'a kernel that killed it',
        { ...halfFailed('reset_midstream'), cost: { container: { oomKills: 1 } } },
        'memory',
        /kernel killed/,
      ],
      [
        'a heap that was full',
        { ...halfFailed('reset_midstream'), died },
        'memory',
        /SIGABRT, peak n\/a\): JavaScript heap out of memory/,
      ],
      [
        'a container that was full',
        {
          ...halfFailed('reset_midstream'),
          died: killed,
          cost: { container: { memoryLimitBytes: 2 ** 28, memoryPeakBytes: 2 ** 28 } },
        },
        'memory',
        /limit 256\.0 MiB/,
      ],
      ['a crash', { ...halfFailed('reset_midstream'), died: killed }, 'death', /^the gateway died \(signal SIGKILL\)$/],
      [
        'a threshold on memory',
        runOf(records(20), { scenario: { thresholds: ['memory.peak < 64MiB'] }, cost: { memoryPeakBytes: 2 ** 27 } }),
        'memory',
        /^memory\.peak < 64MiB: 128\.00 MiB$/,
      ],
      [
        'a gateway that does not drain',
        { ...halfFailed('http_5xx'), drain: leakyDrain },
        'backlog',
        /active_streams after the load/,
      ],
      [
        'a threshold on something else',
        runOf(records(20), { scenario: { thresholds: ['streams.rate > 5000/s'] } }),
        'threshold',
        /streams\.rate > 5000\/s/,
      ],
      [
        'a saturated runner',
        slowRun(undefined, {
          instrument: {
            ...instrument(),
            runner: [
              readings('runner', {
                loopBusyShare: 0.99,
                loopDelay: { p50Ms: 60, p99Ms: 300, maxMs: 400, totalMs: 1900 },
              }),
            ],
          },
        }),
        'instrument',
        /^The runner's event loop was late/,
      ],
    ]
    for (const [what, run, kind, detail] of cases) {
      const found = broke(run)
      assert.equal(found.kind, kind, `${what}: ${found.detail}`)
      assert.match(found.detail, detail, what)
    }
  })

  it('is the harness if it measured no stream, although none failed', () => {
    const phases = [
      { name: 'ramp', shape: 'constant-streams', streams: 8, durationS: 1, excluded: true },
      { name: 'load', shape: 'constant-streams', streams: 8, durationS: 5 },
    ] as const
    const run = runOf(records(8), { scenario: { ...limits, phases } })
    const { outcome, broke: found } = trialOf(run, judge(run), { n: 8, tookS: 6, cores: 4 })
    assert.deepEqual([outcome, found?.kind], ['invalid', 'instrument'])
    const failed = runOf(
      records(8, (stream) => failedRecord(stream)),
      { scenario: { ...limits, phases } },
    )
    assert.equal(trialOf(failed, judge(failed), { n: 8, tookS: 6, cores: 4 }).outcome, 'fail')
  })

  it('is not set for a step that passed, and its numbers are those of the run', () => {
    const run = runOf(records(200), { scenario: limits, cost: { cpuS: 0.05, memoryPeakBytes: 1e8 } })
    const trial = trialOf(run, judge(run), { n: 200, tookS: 1.5, cores: 4 })
    assert.deepEqual(trial, {
      n: 200,
      outcome: 'pass',
      run: run.id,
      tookS: 1.5,
      started: 200,
      whole: 200,
      failed: 0,
      dropped: undefined,
      errors: undefined,
      peakOpen: 200,
      ttftP50Ms: 12,
      ttftP99Ms: 12,
      cpuCores: 0.5,
      memoryPeakBytes: 1e8,
      drainMs: undefined,
      thresholds: [
        { text: 'failed.count == 0', state: 'ok', got: '0' },
        { text: 'ttft.p99 < 250ms', state: 'ok', got: '12.00 ms (n 200)' },
      ],
      broke: undefined,
    })
  })
})
