import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  failedRecord,
  foundRecord,
  instrument,
  ms,
  readings,
  records,
  runOf,
  wholeRecord,
} from '../../../test/fixtures/runs.ts'
import { type RoundsPlan, sequenceOfRound } from '../../model/rounds.ts'
import type { Run } from '../../model/run.ts'
import { judge } from '../judgement.ts'
import { isDecidedByMedian, judgeRounds, type RoundRun, type RoundsEnd, roundRunOf } from './rounds.ts'

/** What one run was like. */
interface Kind {
  readonly gateway?: string
  readonly attempt?: number
  readonly ttftMs?: number
  /** Ends the run by a part of the harness. */
  readonly isInvalid?: boolean
  readonly corrupt?: number
  /** Makes the times invalid. */
  readonly isSlowRunner?: boolean
  /** Share of the CPU time that the host took away. */
  readonly stealShare?: number
  readonly failed?: number
  readonly memoryMb?: number
  readonly interruptedBy?: Run['interruptedBy']
  readonly thresholds?: readonly string[]
}

const failedPart = {
  part: 'mock',
  state: 'ended',
  name: 'mock',
  phase: 'load',
  how: 'signal SIGKILL',
  lastLines: [],
} as const

const busyRunner = readings('runner', {
  loopBusyShare: 0.99,
  loopDelay: { p50Ms: 40, p99Ms: 90, maxMs: 120, totalMs: 1900 },
})

function runOfKind({
  ttftMs = 12,
  isInvalid,
  corrupt = 0,
  failed = 0,
  memoryMb,
  isSlowRunner,
  stealShare,
  thresholds,
  interruptedBy,
}: Kind): Run {
  const list = records(100, (stream) => {
    if (stream < corrupt) return foundRecord(stream, 'I1')
    const record = stream < failed ? failedRecord(stream) : wholeRecord(stream)
    return { ...record, firstDeltaNs: record.startedNs + ttftMs * ms }
  })
  return runOf(list, {
    instrument: {
      ...instrument(stealShare === undefined ? {} : { stealShare }),
      ...(isSlowRunner && { runner: [busyRunner] }),
    },
    interruptedBy,
    failedParts: isInvalid ? [failedPart] : undefined,
    cost: memoryMb === undefined ? undefined : { memoryPeakBytes: memoryMb * 2 ** 20 },
    scenario: { thresholds },
  })
}

/** Runs of gateways, each in the next round unless it is another attempt. */
function roundsOf(kinds: readonly Kind[]): readonly RoundRun[] {
  const rounds = new Map<string, number>()
  return kinds.map((kind, at) => {
    const { gateway = 'a', attempt = 1 } = kind
    if (attempt === 1) rounds.set(gateway, (rounds.get(gateway) ?? 0) + 1)
    const run = runOfKind(kind)
    const place = { gateway, attempt, round: rounds.get(gateway) ?? 1, folder: `${gateway}/${at}` }
    return roundRunOf(place, run, judge(run))
  })
}

function judged(kinds: readonly Kind[], plan: Partial<RoundsPlan> = {}, end: RoundsEnd = {}) {
  const complete = { gateways: ['a'], rounds: kinds.length, retryInvalid: 0, ...plan }
  return judgeRounds(complete, roundsOf(kinds), end)
}

const fast = ['ttft.p99 < 20ms']

/** What rounds conclude: the verdict, the exit status, and what the reasons and notes contain. */
const cases: readonly (readonly [
  title: string,
  kinds: readonly Kind[],
  expected: readonly [verdict: string, status: number],
  text?: RegExp,
])[] = [
  ['all runs pass', [{}, {}, {}], ['pass', 0]],
  ['wrong content in one of three', [{}, { corrupt: 1 }, {}], ['fail', 1], /^Round 2: Content differs/],
  ['most streams failed in one of three', [{}, {}, { failed: 90 }], ['fail', 2], /^Round 3: 90\/100 streams failed/],
  ['a few streams failed in two of three', [{ failed: 2 }, {}, { failed: 2 }], ['warn', 0], /^Rounds 1, 3: 2\/100/],
  ['one slow run of three', [{}, { ttftMs: 30 }, {}].map((kind) => ({ ...kind, thresholds: fast })), ['pass', 0]],
  [
    'two slow runs of three',
    [{ ttftMs: 30 }, { ttftMs: 30 }, {}].map((kind) => ({ ...kind, thresholds: fast })),
    ['fail', 1],
    /^Threshold ttft\.p99 < 20ms is not met: met in 1 of 3 runs, median 30\.00 ms$/,
  ],
  [
    'one slow run of two: the slower one decides',
    [{ ttftMs: 30 }, {}].map((kind) => ({ ...kind, thresholds: fast })),
    ['fail', 1],
  ],
  [
    'failed streams above their threshold in one of three',
    [{}, {}, { failed: 2 }].map((kind) => ({ ...kind, thresholds: ['failed.rate < 1%'] })),
    ['fail', 1],
    /^Round 3: Threshold failed\.rate < 1% is broken/,
  ],
  [
    'memory above its threshold in one of three',
    [{ memoryMb: 90 }, { memoryMb: 120 }, { memoryMb: 90 }].map((kind) => ({
      ...kind,
      thresholds: ['memory.peak < 100MiB'],
    })),
    ['pass', 0],
  ],
  [
    'a threshold that no run could measure',
    [{}, {}].map((kind) => ({ ...kind, thresholds: ['cpu.time < 1s'] })),
    ['fail', 1],
    /^Threshold cpu\.time < 1s could not be evaluated: met in 0 of 2 runs, not measured$/,
  ],
  ['all runs are invalid', [{ isInvalid: true }, { isInvalid: true }], ['invalid', 3], /^No run counts$/],
  [
    'one of two is invalid',
    [{ isInvalid: true }, {}],
    ['pass', 0],
    /^1 invalid run did not count \(round 1 of 2\): The mock died/,
  ],
  [
    'the timing of one is suspect',
    [{ stealShare: 0.2 }, {}],
    ['pass', 0],
    /^The timing of 1 run is not trusted \(round 1 of 2\)$/,
  ],
  [
    'an invalid run was repeated',
    [{ isInvalid: true }, { attempt: 2 }, {}],
    ['pass', 0],
    /^1 invalid run did not count \(round 1/,
  ],
]

describe('rounds of one gateway', () => {
  for (const [title, kinds, [verdict, status], text] of cases)
    it(`are ${verdict} with status ${status}: ${title}`, () => {
      const judgement = judged(kinds)
      assert.deepEqual([judgement.verdict, judgement.exitStatus], [verdict, status], judgement.reasons.join('\n'))
      const sentences = [...judgement.reasons, ...judgement.notes]
      if (text)
        assert.ok(
          sentences.some((sentence) => text.test(sentence)),
          sentences.join('\n'),
        )
      else if (verdict === 'pass') assert.deepEqual(sentences, [])
    })

  it('have a median, an interval and a spread of each number, from the runs that count', () => {
    const kinds = [{ ttftMs: 14 }, { ttftMs: 10 }, { ttftMs: 99, isInvalid: true }, { ttftMs: 18 }]
    const [row] = judged(kinds).gateways
    assert.deepEqual(row?.runs, { counted: 3, invalid: 1, interrupted: 0 })
    assert.deepEqual(row?.streams, { requested: 300, whole: 300, failed: 0 })
    const { low = 0, high = 0, ...spread } = row?.metrics.get('ttft.p99') ?? assert.fail()
    assert.deepEqual(spread, { n: 3, median: 14, min: 10, max: 18, q1: 12, q3: 16 })
    // 4.303 * 4 / sqrt(3) around the mean.
    assert.ok(Math.abs(low - 4.063) < 0.01 && Math.abs(high - 23.937) < 0.01, `${low} ${high}`)
    assert.equal(row?.medianRun?.folder, 'a/0')
    assert.equal(row?.metrics.has('cpu.perEvent'), false)
  })

  it('count a run with wrong content even if its times are invalid, but not its times', () => {
    const slow = { isSlowRunner: true, corrupt: 1, ttftMs: 500 }
    const kinds = [slow, {}, {}].map((kind) => ({ ...kind, thresholds: ['ttft.p99 < 20ms'] }))
    const judgement = judged(kinds)
    const [row] = judgement.gateways
    assert.deepEqual([judgement.exitStatus, row?.runs.counted, row?.metrics.get('ttft.p50')?.n], [1, 3, 2])
    assert.deepEqual(
      row?.thresholds.map(({ state, met, judged: all }) => [state, met, all]),
      [['ok', 2, 2]],
    )
    assert.match(judgement.reasons.join('\n'), /^Round 1: Content differs[^\n]*$/)
  })

  it('have no interval below three runs, and no negative times', () => {
    const intervalOf = (times: readonly number[]) =>
      judged(times.map((ttftMs) => ({ ttftMs }))).gateways[0]?.metrics.get('ttft.p50')
    assert.equal(intervalOf([10, 20])?.low, undefined)
    assert.equal(intervalOf([10, 20, 90])?.low, 0)
  })

  it('of an even number have the slower run in the middle as the median run', () => {
    const [row] = judged([{ ttftMs: 40 }, { ttftMs: 10 }, { ttftMs: 30 }, { ttftMs: 20 }]).gateways
    assert.equal(row?.medianRun?.folder, 'a/2')
  })

  it('that are interrupted have the status of the signal, and the runs so far are judged', () => {
    const end = { interruptedBy: 'SIGINT' } as const
    const judgement = judged([{}, {}, { ...end, corrupt: 1 }], { rounds: 5 }, end)
    assert.deepEqual([judgement.exitStatus, judgement.verdict, judgement.completeRounds], [130, 'pass', 2])
    assert.equal(judgement.reasons[0], 'Interrupted by SIGINT: 2 of 5 rounds complete')
  })
})

describe('rounds of several gateways', () => {
  const plan = { gateways: ['a', 'b'], rounds: 2 }
  const both = (kind: Kind): readonly Kind[] => [
    { gateway: 'a' },
    { gateway: 'b', ...kind },
    { gateway: 'b' },
    { gateway: 'a' },
  ]

  it('have the verdict of the worst gateway, which is named', () => {
    const failed = judged(both({ corrupt: 1 }), plan)
    assert.deepEqual([failed.verdict, failed.exitStatus], ['fail', 1])
    assert.match(failed.reasons.join('\n'), /^b: Round 1: Content differs/)
    const passed = judged(both({}), plan)
    assert.deepEqual([passed.verdict, passed.exitStatus, passed.completeRounds], ['pass', 0, 2])
  })

  it('count a proven failure more than a gateway of which nothing is known', () => {
    const unknown = { gateway: 'b', isInvalid: true }
    const kinds = [{ gateway: 'a' }, unknown, unknown, { gateway: 'a', corrupt: 1 }]
    assert.deepEqual([judged(kinds, plan).verdict, judged(kinds, plan).exitStatus], ['fail', 1])
    const without = judged([{ gateway: 'a' }, unknown, unknown, { gateway: 'a' }], plan)
    assert.deepEqual([without.verdict, without.exitStatus], ['invalid', 3])
    assert.equal(without.reasons[0], 'b: No run counts')
  })

  it('are complete only if every gateway has a run that counts', () => {
    assert.equal(judged(both({ isInvalid: true }), plan).completeRounds, 1)
  })
})

describe('the sequence of a round', () => {
  it('shifts by one, so that each gateway is once in each place', () => {
    const rounds = [1, 2, 3, 4].map((round) => sequenceOfRound(['a', 'b', 'c'], round).join(''))
    assert.deepEqual(rounds, ['abc', 'cab', 'bca', 'abc'])
  })

  it('has every gateway once, in any round', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 99 }),
        (names, round) => {
          assert.deepEqual([...sequenceOfRound(names, round)].sort(), [...names].sort())
        },
      ),
    )
  })
})

describe('the metrics of thresholds', () => {
  it('are decided by the median if they vary between runs, and by each run if they count what happened to streams', () => {
    for (const metric of [
      'ttft.p99',
      'overhead.ttft.p99',
      'cpu.perEvent',
      'memory.peak',
      'goodput.rate',
      'events.rate',
    ])
      assert.equal(isDecidedByMedian(metric), true, metric)
    for (const metric of [
      'failed.rate',
      'truncated.count',
      'errors.http_5xx.count',
      'findings.count',
      'findings.A1.count',
    ])
      assert.equal(isDecidedByMedian(metric), false, metric)
  })
})
