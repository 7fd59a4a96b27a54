import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  beginNs,
  failedRecord,
  histogramOfMs,
  instrument,
  mockStats,
  ms,
  readings,
  records,
  runOf,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import type { Instrument, Pause } from '../model/instrument.ts'
import type { Run } from '../model/run.ts'
import { bufferedOf } from './buffering.ts'
import { uncancelledOf } from './cancellation.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { judge } from './judgement.ts'
import { standstillOf } from './pauses.ts'
import { bimodalOf, headOfLineOf, nagleOf } from './shapes.ts'
import { backlogOf, stalledOf } from './stalls.ts'

/** A pause from `fromMs` to `toMs` after the start of the load; without CPU times, they were not measured. */
function pause(fromMs: number, toMs: number, cpuMs?: number, cpuWaitMs?: number): Pause {
  return { fromNs: beginNs + fromMs * ms, toNs: beginNs + toMs * ms, cpuMs, cpuWaitMs }
}

/** The same run, with pauses of one part of the harness. */
const parts: Readonly<Record<'runner' | 'mock' | 'proxy', (run: Run, pauses: readonly Pause[]) => Run>> = {
  runner: (run, pauses) => withInstrument(run, { runner: [readings('runner', { pauses })] }),
  mock: (run, pauses) => ({ ...run, mock: { ...mockStats(100), instrument: [readings('mock', { pauses })] } }),
  proxy: (run, pauses) => withInstrument(run, { proxies: [{ name: 'proxy gateway-mock', pauses }] }),
}

function withInstrument(run: Run, members: Partial<Instrument>): Run {
  return { ...run, instrument: { ...instrument(), ...members } }
}

const lasting = { firstDeltaNs: beginNs + 10 * ms, lastDeltaNs: beginNs + 5000 * ms, endedNs: beginNs + 5000 * ms }

/** A gap of each stream from 1,000 to 2,500 ms after the start. */
const stalled = runOf(
  records(100, (stream) =>
    wholeRecord(stream, { ...lasting, largestGapNs: 1500 * ms, largestGapEndNs: beginNs + 2500 * ms }),
  ),
)

/** For each finding about times: a run that shows it between 1,000 and 2,500 ms. */
const shown: readonly (readonly [name: string, find: (run: Run) => readonly GatewayFinding[], run: Run])[] = [
  ['stalled_together', stalledOf, stalled],
  [
    'hol_blocking',
    headOfLineOf,
    { ...stalled, records: [...stalled.records, { ...abortedRecord(100), clientFault: 'slow-read' }] },
  ],
  [
    'buffered',
    bufferedOf,
    runOf(
      records(100, (stream) =>
        wholeRecord(stream, { ...lasting, firstDeltaNs: beginNs + 2500 * ms, lastDeltaNs: beginNs + 2510 * ms }),
      ),
      { scenario: { chunks: 50, delayMs: 50 } },
    ),
  ],
  [
    'bimodal',
    bimodalOf,
    runOf(
      records(200, (stream) =>
        wholeRecord(stream, { ...lasting, firstDeltaNs: beginNs + (stream % 2 === 0 ? 10 : 2500) * ms }),
      ),
    ),
  ],
  [
    'accept_backlog',
    backlogOf,
    runOf(
      records(100, (stream) =>
        wholeRecord(stream, { ...lasting, connectedNs: beginNs + (stream < 90 ? 2 : 1100) * ms }),
      ),
    ),
  ],
  [
    'nagle',
    nagleOf,
    runOf(stalled.records, {
      transit: histogramOfMs([...Array.from({ length: 8000 }, () => 1), ...Array.from({ length: 1000 }, () => 41)]),
    }),
  ],
  [
    'upstream_not_cancelled',
    uncancelledOf,
    runOf(
      records(100, (stream) => ({
        ...abortedRecord(stream),
        clientFault: 'abort@50%',
        endedNs: beginNs + 1000 * ms,
        upstream: { state: 'left', endedNs: beginNs + 2500 * ms },
      })),
    ),
  ],
]

describe('an interval in which the harness was paused', () => {
  for (const [name, find, run] of shown) {
    it(`is not attributed to the gateway as ${name}, whichever part was paused`, () => {
      assert.deepEqual(
        find(run).map((finding) => finding.class),
        [name],
      )
      for (const add of Object.values(parts)) assert.deepEqual(find(add(run, [pause(1000, 2480)])), [])
    })
  }

  it('does not excuse what the gateway does at another time', () => {
    for (const add of Object.values(parts)) {
      for (const [name, find, run] of shown) {
        // The connects are judged only if they ended before the harness was paused.
        const elsewhere = add(run, [pause(3000, 3100)])
        assert.equal(find(elsewhere)[0]?.class, name)
      }
    }
  })

  it('does not excuse a stall that is much longer', () => {
    assert.equal(stalledOf(parts.runner(stalled, [pause(1000, 1150)]))[0]?.class, 'stalled_together')
  })

  it("is on the runner's clock if the mock's clock differs", () => {
    const offsetNs = 7e12
    const mocked = parts.mock(stalled, [pause(1000 + offsetNs / ms, 2480 + offsetNs / ms)])
    assert.equal(stalledOf(mocked).length, 1)
    assert.deepEqual(stalledOf({ ...mocked, mockClock: { isShared: false, offsetNs, errorNs: 1000 } }), [])
  })

  it('is counted once if several threads were paused together', () => {
    const threads = [1, 2, 3].map((index) => readings(`runner ${index} of 3`, { pauses: [pause(1000, 2000)] }))
    const run = withInstrument(stalled, { runner: threads })
    assert.equal(standstillOf(run).overlapNs(beginNs, beginNs + 1500 * ms), 500 * ms)
    const about = judge(run).timing.reasons.filter((reason) => reason.includes('was paused'))
    assert.deepEqual(about, [
      'The runner 1 of 3 was paused for 1.0 s (limit 1.0 s, or 1.0 s and 40 % of the load in total). Use fewer streams, or stop other programs that use the CPU.',
    ])
  })
})

describe('the pauses of a part', () => {
  const reasonsOf = (pauses: readonly Pause[], part: keyof typeof parts = 'runner') => {
    const { state, reasons } = judge(parts[part](runOf(records(100, (s) => wholeRecord(s, lasting))), pauses)).timing
    return [state, ...reasons]
  }

  it('are suspect from 150 ms and invalid from 1 s, or if they add up to 1 s and to 40 % of the load', () => {
    assert.deepEqual(reasonsOf([pause(100, 249)]), ['trusted'])
    assert.equal(reasonsOf([pause(100, 250)])[0], 'suspect')
    assert.equal(reasonsOf([pause(100, 1099)])[0], 'suspect')
    assert.equal(reasonsOf([pause(100, 1100)])[0], 'invalid')
    const several = (count: number) =>
      Array.from({ length: count }, (_, index) => pause(index * 600, index * 600 + 300))
    assert.equal(reasonsOf(several(6))[0], 'suspect')
    assert.equal(reasonsOf(several(7))[0], 'invalid')
  })

  it('do not count before and after the load', () => {
    assert.deepEqual(reasonsOf([pause(-4000, -10), pause(5001, 9000)]), ['trusted'])
  })

  for (const [what, pauses, part, sentence] of [
    [
      'a stopped runner',
      [pause(100, 3100, 4, 12)],
      'runner',
      'The runner was suspended for 3.0 s (limit 1.0 s, or 1.0 s and 40 % of the load in total). Run again, and do not stop or freeze it during the load.',
    ],
    [
      'a proxy that was stopped twice',
      [pause(100, 600, 4, 12), pause(1000, 1400, 1, 3)],
      'proxy',
      'The proxy gateway-mock was suspended for 900 ms in 2 pauses, the longest 500 ms, 18 % of the load (limit 150 ms). Run again, and do not stop or freeze it during the load.',
    ],
    [
      'a mock without a CPU',
      [pause(100, 1300, 30, 1100)],
      'mock',
      'The mock got no CPU for 1.2 s (limit 1.0 s, or 1.0 s and 40 % of the load in total). Stop other processes, give it more CPUs, or use fewer streams.',
    ],
    [
      'a runner that was stopped on a busy machine, and then waited for a CPU',
      [pause(100, 885, 12, 273)],
      'runner',
      'The runner was suspended for 785 ms (limit 150 ms). Run again, and do not stop or freeze it during the load.',
    ],
    [
      'a runner on a crowded virtual machine',
      [pause(100, 304, 8, 71)],
      'runner',
      'The runner got no CPU for 204 ms (limit 150 ms). Stop other processes, give it more CPUs, or use fewer streams.',
    ],
    [
      'a busy runner',
      [pause(100, 300, 190, 5)],
      'runner',
      'The event loop of the runner was blocked for 200 ms (limit 150 ms). Use fewer streams or a longer --delay-ms.',
    ],
  ] as const) {
    it(`have a sentence with the part, the time, the limit and the remedy: ${what}`, () => {
      assert.equal(reasonsOf(pauses, part)[1], sentence)
    })
  }

  it('of a stopped process have their own reason next to those of a busy machine', () => {
    const [state, ...reasons] = reasonsOf([
      pause(100, 600, 4, 12),
      pause(1000, 1900, 30, 800),
      pause(2000, 2900, 30, 800),
    ])
    assert.equal(state, 'invalid')
    assert.deepEqual(
      reasons.map((reason) => reason.split(' (limit')[0]),
      [
        'The runner was suspended for 500 ms',
        'The runner got no CPU for 1.8 s in 2 pauses, the longest 900 ms, 36 % of the load',
      ],
    )
  })

  it('of a busy loop are those of its garbage collector if that paused for half of the time', () => {
    const busy = readings('runner', {
      pauses: [pause(100, 300, 190, 5)],
      gc: { count: 3, totalMs: 150, longestMs: 120 },
    })
    const run = withInstrument(runOf(records(100, (s) => wholeRecord(s, lasting))), { runner: [busy] })
    assert.match(judge(run).timing.reasons[0] ?? '', /not from a lack of heap\.$/)
  })
})

describe('a pause in the direct baseline', () => {
  const window = (pauses: readonly Pause[]): Run =>
    runOf(records(100), {
      baseline: {
        windows: [
          { when: 'before', streams: 100, whole: 100, chunks: 5, blocks: [], paused: [{ name: 'mock', pauses }] },
        ],
        gateway: [],
      },
    })

  it('makes the timing suspect, because the overhead is wrong', () => {
    assert.deepEqual(judge(window([pause(-9000, -6000, 1, 2)])).timing, {
      state: 'suspect',
      reasons: [
        'The mock was suspended for 3.0 s in the direct baseline before the load (limit 150 ms): the overhead is unreliable. Run again, and do not stop or freeze it during the load.',
      ],
    })
    assert.equal(judge(window([pause(-9000, -8860)])).timing.state, 'trusted')
  })
})

describe('streams that failed while the harness was paused', () => {
  const failing = runOf([
    ...records(80, (stream) => wholeRecord(stream, lasting)),
    ...records(20, (stream) => failedRecord(80 + stream, 'inband_error', { ...lasting, lastDeltaNs: undefined })),
  ])

  it('do not outweigh the invalid times, because the gateway may have given up on a mock that was suspended', () => {
    for (const add of Object.values(parts))
      assert.equal(judge(add(failing, [pause(1000, 4000, 2, 3)])).verdict, 'invalid')
  })

  it('fail the run if the pause was short, or at another time', () => {
    assert.equal(judge(failing).verdict, 'fail')
    assert.equal(judge(parts.mock(failing, [pause(1000, 1900, 2, 3)])).verdict, 'fail')
    assert.equal(judge(parts.mock(failing, [pause(-9000, -6000, 2, 3)])).verdict, 'fail')
  })
})

describe('a machine that was suspended', () => {
  it('makes the run invalid, whatever its threads measured', () => {
    const { verdict, timing } = judge(runOf(records(100), { instrument: instrument({ suspendedMs: 90_000 }) }))
    assert.equal(verdict, 'invalid')
    assert.deepEqual(timing.reasons, [
      'The machine was suspended for 90.0 s (limit 1.0 s). Run again, and keep the machine awake during the load.',
    ])
    assert.equal(judge(runOf(records(100), { instrument: instrument({ suspendedMs: 999 }) })).timing.state, 'trusted')
  })
})
