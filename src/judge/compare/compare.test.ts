import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gaussian, judgedRun, quicklyJudgedRun, type World } from '../../../test/fixtures/compared-runs.ts'
import { createRandom } from '../../base/random.ts'
import { byStart, type Comparison, compareRuns, methodFor } from './compare.ts'
import { estimatesOf, type JudgedRun, type RunEstimates } from './estimates.ts'
import { comparedMetrics } from './metrics.ts'
import { type Allowances, compareEstimates } from './verdicts.ts'

const none: Allowances = { metrics: new Map() }

/** This many runs of one world. */
function side(count: number, seed: number, world: World = {}): JudgedRun[] {
  return Array.from({ length: count }, (_, at) => quicklyJudgedRun(seed * 1000 + at, world))
}

function verdicts({ metrics }: Pick<Comparison, 'metrics'>): Readonly<Record<string, string>> {
  return Object.fromEntries(metrics.map(({ name, verdict }) => [name, verdict]))
}

/** Estimates of a run whose metrics all are 100 on average, and vary by this share between runs. */
function estimates(random: () => number, noise: number, factor = 1): RunEstimates {
  return new Map(
    comparedMetrics.map(({ name, unit, better }) => {
      const change = better === 'lower' ? factor : 1 / factor
      const value = unit === '%' ? 0 : 100 * change * (1 + noise * gaussian(random))
      return [name, { gateway: { value, error: 0.5 }, direct: [] }] as const
    }),
  )
}

const count = <T>(n: number, make: (at: number) => T) => Array.from({ length: n }, (_, at) => make(at))

describe('compare, of runs that do not differ', () => {
  it('raises any false alarm in at most 5 % of 200 pairs of single runs', () => {
    const runs = count(50, (seed) => estimatesOf(quicklyJudgedRun(seed + 1)))
    const pairs = runs.flatMap((base, at) => [1, 3, 7, 12].map((by) => [base, runs[(at + by) % runs.length]] as const))
    const alarms = pairs
      .map(([base, changed]) =>
        compareEstimates([base], changed ? [changed] : [], { method: 'blocks', isDisturbed: false, allowances: none }),
      )
      .filter((metrics) => metrics.some(({ verdict }) => verdict !== 'no-difference-shown'))
    assert.equal(pairs.length, 200)
    assert.ok(alarms.length <= 10, `${alarms.length} of 200`)
  })

  for (const [method, nBase, nChanged] of [
    ['runs', 5, 5],
    ['runs', 3, 3],
    ['runs', 5, 1],
    ['pairs', 5, 5],
    ['pairs', 3, 3],
  ] as const)
    it(`raises any false alarm in at most 5 % of 200 times ${nBase} and ${nChanged} runs (${method})`, () => {
      const random = createRandom(nBase + nChanged)
      const make = (n: number) => count(n, () => estimates(random, 0.1))
      const alarms = count(200, () =>
        compareEstimates(make(nBase), make(nChanged), { method, isDisturbed: false, allowances: none }),
      ).filter((metrics) => metrics.some(({ verdict }) => verdict !== 'no-difference-shown'))
      assert.ok(alarms.length <= 10, `${alarms.length} of 200`)
    })
})

describe('compare, of runs that differ', () => {
  it('shows in single runs that a gateway takes twice as long', () => {
    const shown = count(10, (pair) => {
      const [base, slow] = [quicklyJudgedRun(9000 + pair), quicklyJudgedRun(9100 + pair, { slower: 2.2 })]
      return [compareRuns([base], [slow]), compareRuns([slow], [base])].map(verdicts)
    })
    for (const name of ['ttft.p50', 'ttft.p90', 'transit.p50', 'cpu.perEvent']) {
      const as = (at: number, verdict: string) => shown.filter((pair) => pair[at]?.[name] === verdict).length
      assert.ok(as(0, 'worse') >= 9, `${name}: ${as(0, 'worse')} of 10 worse`)
      assert.ok(as(1, 'better') >= 9, `${name}: ${as(1, 'better')} of 10 better`)
    }
    assert.ok(shown.every(([worse]) => worse?.['interChunk.p50'] === 'no-difference-shown'))
  })

  it('shows a change of 15 % in five runs each that vary by 2 %, in at least 95 % of the metrics of 100 comparisons', () => {
    for (const method of ['runs', 'pairs'] as const) {
      const random = createRandom(3)
      const make = (factor: number) => count(5, () => estimates(random, 0.02, factor))
      const changed = count(100, () =>
        compareEstimates(make(1), make(1.15), { method, isDisturbed: false, allowances: none }),
      ).flatMap((metrics) => metrics.filter(({ unit }) => unit !== '%'))
      const share = changed.filter(({ verdict }) => verdict === 'worse').length / changed.length
      assert.ok(share >= 0.95, `${method}: ${share}`)
    }
  })

  it('states intervals that contain the real difference in 95 % of the cases', () => {
    for (const method of ['runs', 'pairs'] as const) {
      const random = createRandom(4)
      const make = (factor: number) => count(4, () => estimates(random, 0.05, factor))
      const intervals = count(200, () =>
        compareEstimates(make(1), make(1.2), { method, isDisturbed: false, allowances: none }),
      ).flatMap((metrics) => metrics.filter(({ name }) => name === 'ttft.p50'))
      const right = intervals.filter(({ low = 99, high = -99 }) => low <= 20 && 20 <= high).length
      assert.ok(right >= 182 && right <= 198, `${method}: ${right} of 200`)
    }
  })

  it('does not count a change below the least change, however certain it is', () => {
    const random = createRandom(5)
    const make = (factor: number) => count(8, () => estimates(random, 0.0001, factor))
    const terms = { method: 'runs', isDisturbed: false, allowances: none } as const
    const metrics = compareEstimates(make(1), make(1.015), terms)
    assert.deepEqual(new Set(metrics.map(({ verdict }) => verdict)), new Set(['no-difference-shown']))
    assert.equal(metrics[0]?.allowedBecause, 'least change')
    assert.ok((metrics[0]?.low ?? 0) > 0)
  })

  it('shows a change through a drift of the machine if the runs took turns, and not if they did not', () => {
    const random = createRandom(6)
    const drifting = (factor: number) => count(6, (at) => estimates(random, 0.01, factor * (1 + at / 4)))
    const [base, changed] = [drifting(1), drifting(1.3)]
    const verdictBy = (method: 'runs' | 'pairs') =>
      compareEstimates(base, changed, { method, isDisturbed: false, allowances: none })[0]?.verdict
    assert.deepEqual([verdictBy('pairs'), verdictBy('runs')], ['worse', 'no-difference-shown'])
  })

  it('takes runs that took turns as pairs, whichever came first', () => {
    const [any] = side(1, 41)
    assert.ok(any)
    const at = (minute: number) => ({ ...any, run: { ...any.run, startedAt: `2026-01-01T00:0${minute}:00.000Z` } })
    const methodAt = (base: readonly number[], changed: readonly number[]) =>
      methodFor(base.map(at).sort(byStart), changed.map(at).sort(byStart))
    assert.equal(methodAt([0, 2, 4], [1, 3, 5]), 'pairs')
    assert.equal(methodAt([4, 0, 3], [5, 1, 2]), 'pairs')
    assert.equal(methodAt([0, 1, 2], [3, 4, 5]), 'runs')
    assert.equal(methodAt([0, 2], [1, 3]), 'runs')
    assert.equal(methodAt([0, 2, 4], [1, 3]), 'runs')
    assert.equal(methodAt([0], [1]), 'blocks')
  })
})

describe('compare, on another or a disturbed machine', () => {
  it('compares overhead, and does not blame the gateway for a machine that became slower', () => {
    const [base, slow] = [side(1, 21), side(1, 22, { machine: 1.6 })]
    const single = compareRuns(base, slow)
    assert.ok(single.metrics.filter(({ isOverhead }) => isOverhead).length >= 7)
    assert.equal(verdicts(single)['ttft.p50'], 'no-difference-shown')
    const several = compareRuns(side(5, 23), side(5, 24, { machine: 1.6 }))
    assert.equal(verdicts(several)['ttft.p50'], 'no-difference-shown')
    assert.equal(several.metrics[0]?.allowedBecause, 'the direct baseline changed')
    assert.match(several.notes.join('\n'), /The load without the gateway changed too \(TTFT p50 \d+ %/)
  })

  it('compares times as measured if a run has no baseline, and says so', () => {
    const comparison = compareRuns(side(5, 25, { hasBaseline: false }), side(5, 26))
    assert.ok(comparison.metrics.every(({ isOverhead }) => !isOverhead))
    assert.match(comparison.notes.join('\n'), /compared as measured, because not every run has a direct baseline/)
  })

  it('judges no time of single runs if one is suspect, but what does not depend on time', () => {
    const [base] = side(1, 27)
    const [slow] = side(1, 28, { slower: 3, memoryMb: 200 })
    assert.ok(base && slow)
    const suspect = {
      ...slow,
      judgement: { ...slow.judgement, timing: { state: 'suspect', reasons: ['It was.'] } as const },
    }
    const comparison = compareRuns([base], [suspect])
    assert.deepEqual(
      [verdicts(comparison)['ttft.p50'], verdicts(comparison)['memory.peak'], comparison.exitStatus],
      ['not-judged', 'worse', 1],
    )
    assert.match(
      comparison.notes.join('\n'),
      /Times are not judged: [\s\S]*The timing of results\/\S+ is suspect: It was\./,
    )
    const several = compareRuns([base, ...side(4, 29)], [suspect, ...side(4, 30, { slower: 3 })])
    assert.equal(verdicts(several)['ttft.p50'], 'worse')
  })
})

describe('compare, metric by metric', () => {
  it('finds failed streams and memory, and is undisturbed by the rest', () => {
    const comparison = compareRuns(side(1, 31), side(1, 32, { failed: 12, memoryMb: 180 }))
    const found = comparison.metrics.filter(({ verdict }) => verdict === 'worse').map(({ name }) => name)
    assert.deepEqual(found, ['failed.rate', 'memory.peak'])
    assert.deepEqual([comparison.verdict, comparison.exitStatus], ['worse', 1])
  })

  it('does not call two failed streams of 100 worse than none', () => {
    assert.equal(verdicts(compareRuns(side(1, 33), side(1, 34, { failed: 2 })))['failed.rate'], 'no-difference-shown')
  })

  it('accepts what --allow accepts, for all metrics but the failed streams, or for one', () => {
    const [base, slow] = [side(5, 35), side(5, 36, { slower: 1.3, failed: 20 })]
    const with_ = (allowances: Allowances) => verdicts(compareRuns(base, slow, allowances))
    assert.equal(with_(none)['ttft.p50'], 'worse')
    assert.equal(with_({ all: 0.5, metrics: new Map() })['ttft.p50'], 'no-difference-shown')
    assert.equal(with_({ all: 0.5, metrics: new Map() })['failed.rate'], 'worse')
    assert.equal(with_({ all: 0.5, metrics: new Map([['ttft.p50', 0.05]]) })['ttft.p50'], 'worse')
    assert.equal(with_({ metrics: new Map([['failed.rate', 0.3]]) })['failed.rate'], 'no-difference-shown')
  })

  it('does not compare a percentile that lies among streams that failed before', () => {
    const failing = judgedRun(37)
    const records = failing.run.records.map((record) => {
      const { firstDeltaNs, ...early } = record
      const outcome = { state: 'failed', phase: 'headers', kind: 'http_5xx', detail: '503' } as const
      return record.stream % 20 === 0 ? { ...early, outcome } : record
    })
    const [base] = side(1, 38)
    assert.ok(base)
    const comparison = compareRuns([base], [{ ...failing, run: { ...failing.run, records } }])
    const { 'ttft.p99': p99, 'ttft.p90': p90 } = verdicts(comparison)
    assert.deepEqual([p99, p90], ['not-compared', 'no-difference-shown'])
    assert.match(comparison.notes.join('\n'), /Not compared, because not every run has a value: TTFT p99\.$/)
  })

  it('gives the same result each time', () => {
    const [base, changed] = [side(1, 39), side(1, 40, { slower: 1.2 })]
    assert.deepEqual(compareRuns(base, changed), compareRuns(base, changed))
  })

  it('compares goodput if all runs have the same limits', () => {
    const withLimits = (goodput: readonly string[], seed: number, slower: number) => [
      judgedRun(seed, { slower, members: { scenario: { goodput } } }),
    ]
    const limits = ['ttft < 100ms']
    const base = withLimits(limits, 61, 1)
    assert.equal(verdicts(compareRuns(base, withLimits(limits, 71, 1.6)))['goodput.rate'], 'worse')
    assert.equal('goodput.rate' in verdicts(compareRuns(base, withLimits(['ttft < 900ms'], 71, 1.6))), false)
    assert.equal('goodput.rate' in verdicts(compareRuns(side(1, 43), side(1, 44))), false)
  })

  it('compares the dropped starts of an open loop', () => {
    const phases = [{ name: 'load', shape: 'constant-arrival-rate', rate: 50, maxStreams: 9 }] as const
    const dropping = (seed: number, dropped: number) =>
      quicklyJudgedRun(seed, { members: { dropped: [dropped], scenario: { phases } } })
    const found = (dropped: number) => verdicts(compareRuns([dropping(47, 0)], [dropping(48, dropped)]))['dropped.rate']
    assert.deepEqual([found(0), found(3), found(30)], ['no-difference-shown', 'no-difference-shown', 'worse'])
    assert.equal('dropped.rate' in verdicts(compareRuns(side(1, 43), side(1, 44))), false)
  })

  it('does not count the streams of an excluded phase', () => {
    const phases = [
      { name: 'warm-up', shape: 'burst', streams: 50, excluded: true },
      { name: 'load', shape: 'burst', streams: 50 },
    ] as const
    const phased = (seed: number, world: World) => {
      const { folder, run, judgement } = quicklyJudgedRun(seed, { ...world, members: { scenario: { phases } } })
      const records = run.records.map((record) => ({ ...record, phase: record.stream < 50 ? 0 : 1 }))
      return { folder, run: { ...run, records }, judgement }
    }
    const found = verdicts(compareRuns([phased(45, {})], [phased(46, { failed: 40 })]))
    assert.equal(found['failed.rate'], 'no-difference-shown')
  })
})
