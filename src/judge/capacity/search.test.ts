import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../../base/random.ts'
import { type StepOutcome, stepOutcomes } from '../../model/capacity.ts'
import { bracketOf, isPrecise, nextStep, type SearchRange, type SearchTrial, stepOutcome } from './search.ts'

/** A gateway, as the outcome of a run at a step. */
type Gateway = (n: number) => StepOutcome

/** The most steps that a search may need: doubling, and halving the ratio, with a reserve for the rounding. */
function mostSteps({ from, to, precision }: SearchRange): number {
  return Math.ceil(Math.log2(to / from)) + 2 + Math.ceil(Math.log2(Math.log(2) / Math.log(1 + precision))) + 3
}

/** Runs a search on a simulated gateway, from the trials so far. */
function search(range: SearchRange, gateway: Gateway, before: readonly SearchTrial[] = []): readonly SearchTrial[] {
  const trials = [...before]
  const limit = before.length + mostSteps(range) * (2 * range.repeat - 1)
  for (let n = nextStep(range, trials); n !== undefined; n = nextStep(range, trials)) {
    if (before.length === 0) assert.ok(n >= range.from && n <= range.to, `${n} is outside of the range`)
    assert.ok(!range.isWhole || Number.isInteger(n), `${n} is not a whole number`)
    trials.push({ n, outcome: gateway(n) })
    assert.ok(trials.length <= limit, `more than ${limit} runs`)
  }
  return trials
}

const ranges: fc.Arbitrary<SearchRange> = fc
  .record({
    from: fc.integer({ min: 1, max: 500 }),
    factor: fc.integer({ min: 1, max: 1000 }),
    precision: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
    repeat: fc.integer({ min: 1, max: 7 }),
    isWhole: fc.boolean(),
  })
  .map(({ from, factor, ...range }) => ({ from, to: from * factor, ...range }))

describe('the search for a capacity', () => {
  it('finds a sharp limit within the precision, and never claims more than it has seen', () => {
    fc.assert(
      fc.property(ranges, fc.double({ min: 0, max: 1.2, noNaN: true }), (range, at) => {
        const limit = range.from * (range.to / range.from) ** at * 0.99
        const trials = search(range, (n) => (n <= limit ? 'pass' : 'fail'))
        const { low, high, above } = bracketOf(trials, range.repeat)
        assert.deepEqual(above, [])
        if (limit < range.from) return assert.deepEqual([low, high?.n], [undefined, range.from])
        if (limit >= range.to) return assert.deepEqual([low?.n, high], [range.to, undefined])
        const [passed = 0, failed = 0] = [low?.n, high?.n]
        assert.ok(passed <= limit && failed > limit, `${passed} to ${failed}, limit ${limit}`)
        assert.ok(isPrecise(passed, failed, range), `${passed} to ${failed}`)
      }),
    )
  })

  it('runs each step no more often than a majority needs if the limit is sharp', () => {
    const range = { from: 10, to: 10_000, precision: 0.05, repeat: 3, isWhole: true }
    const trials = search(range, (n) => (n <= 1234 ? 'pass' : 'fail'))
    const steps = [...new Set(trials.map(({ n }) => n))]
    assert.deepEqual(steps, [10, 20, 40, 80, 160, 320, 640, 1280, 905, 1076, 1174, 1226])
    assert.equal(trials.length, 2 * steps.length)
  })

  it('finds a noisy limit within 10 % in nearly all searches', () => {
    const range = { from: 10, to: 10_000, precision: 0.05, repeat: 3, isWhole: true }
    const limit = 700
    const random = createRandom(7)
    let misses = 0
    for (let round = 0; round < 500; round++) {
      // At 4 % from the limit, one run in eight has the wrong outcome.
      const trials = search(range, (n) => {
        const passes = 1 / (1 + Math.exp((n / limit - 1) * 50))
        return random() / 2 ** 32 < passes ? 'pass' : 'fail'
      })
      const { low, high } = bracketOf(trials, range.repeat)
      const middle = Math.sqrt((low?.n ?? 0) * (high?.n ?? 0))
      if (Math.abs(middle / limit - 1) > 0.1) misses++
    }
    assert.ok(misses <= 5, `${misses} of 500`)
  })

  it('ends whatever the outcomes are, with no step outside of the range or repeated endlessly', () => {
    fc.assert(
      fc.property(ranges, fc.array(fc.constantFrom(...stepOutcomes), { minLength: 1 }), (range, outcomes) => {
        let run = 0
        const trials = search(range, () => outcomes[run++ % outcomes.length] as StepOutcome)
        for (const n of new Set(trials.map((trial) => trial.n)))
          assert.ok(trials.filter((trial) => trial.n === n).length <= 2 * range.repeat - 1)
      }),
    )
  })

  it('continues where it ended, also with another range, precision and number of runs', () => {
    fc.assert(
      fc.property(ranges, ranges, fc.nat({ max: 2000 }), fc.nat({ max: 50 }), (first, second, limit, count) => {
        const gateway = (n: number) => (n <= limit ? 'pass' : 'fail')
        const all = search(first, gateway)
        const cut = all.slice(0, count)
        assert.deepEqual(search(first, gateway, cut), all)
        const { low, high } = bracketOf(search({ ...second, isWhole: first.isWhole }, gateway, cut), second.repeat)
        assert.ok((low?.n ?? 0) <= limit && (high?.n ?? Number.POSITIVE_INFINITY) > limit)
      }),
    )
  })

  it('refines the lower bound if the harness becomes the limit', () => {
    const range = { from: 10, to: 10_000, precision: 0.05, repeat: 3, isWhole: true }
    const { low, high } = bracketOf(
      search(range, (n) => (n <= 1300 ? 'pass' : 'invalid')),
      range.repeat,
    )
    assert.deepEqual([low?.n, high?.n, high?.outcome], [1280, 1337, 'invalid'])
  })

  it('reports steps that passed above one that did not', () => {
    const trials = [10, 20, 40, 30].map((n): SearchTrial => ({ n, outcome: n === 20 ? 'fail' : 'pass' }))
    const { low, high, above } = bracketOf(trials, 1)
    assert.deepEqual([low?.n, high?.n, above.map(({ n }) => n)], [10, 20, [30, 40]])
  })
})

describe('the outcome of a step', () => {
  const outcomeOf = (runs: string, repeat: number) =>
    stepOutcome(
      [...runs].map((run) => stepOutcomes.find((outcome) => outcome.startsWith(run)) as StepOutcome),
      repeat,
    )

  it('is that of the majority, as soon as it has one, and needs more runs if they disagree', () => {
    for (const [runs, repeat, expected] of [
      ['', 1, undefined],
      ['p', 1, 'pass'],
      ['f', 1, 'fail'],
      ['p', 3, undefined],
      ['pp', 3, 'pass'],
      ['ff', 3, 'fail'],
      ['ii', 3, 'invalid'],
      ['pfp', 3, undefined],
      ['pfpp', 3, 'pass'],
      ['pfpff', 3, 'fail'],
      ['pip', 3, undefined],
      ['pipp', 3, 'pass'],
    ] as const)
      assert.equal(outcomeOf(runs, repeat), expected, `${runs} of ${repeat}`)
  })

  it('is not a pass without a majority', () => {
    assert.equal(outcomeOf('ppffi', 3), 'fail')
    assert.equal(outcomeOf('ppfii', 3), 'invalid')
    assert.equal(outcomeOf('ppiif', 3), 'invalid')
  })
})
