import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { LoadPhase } from '../model/phase.ts'
import {
  arrivalCount,
  arrivals,
  intendedStartS,
  nextStartS,
  plannedStarts,
  shareOf,
  slotCount,
  slotSpans,
} from './schedule.ts'

const constantRate = (rate: number, durationS: number, more: Partial<LoadPhase> = {}): LoadPhase => ({
  ...{ name: 'load', shape: 'constant-arrival-rate', rate, durationS },
  ...more,
})
const rampingRate = (stages: LoadPhase['stages'], more: Partial<LoadPhase> = {}): LoadPhase => ({
  ...{ name: 'load', shape: 'ramping-arrival-rate', stages },
  ...more,
})
const rampingStreams = (stages: LoadPhase['stages']): LoadPhase => ({ name: 'load', shape: 'ramping-streams', stages })

/** Rounded to ms. */
const millis = (times: Iterable<number>) => [...times].map((s) => Math.round(s * 1000))

describe('arrivals of an open loop', () => {
  const table: readonly (readonly [title: string, phase: LoadPhase, dueMs: readonly number[]])[] = [
    ['4 a second', constantRate(4, 1), [0, 250, 500, 750]],
    ['one every two minutes', constantRate(1 / 120, 300), [0, 120_000, 240_000]],
    ['a rate that the duration is no multiple of', constantRate(3, 0.5), [0, 333]],
    ['no rate', constantRate(0, 10), []],
    ['a total below the duration', constantRate(4, 1, { total: 2 }), [0, 250]],
    ['from 0 to 8 a second in 1 s: 4 starts', rampingRate([{ durationS: 1, target: 8 }]), [0, 500, 707, 866]],
    [
      'from 8 to 0 a second in 1 s: the same, reversed in time',
      rampingRate([{ durationS: 1, target: 0 }], { rate: 8 }),
      [0, 134, 293, 500],
    ],
    [
      'a pause: the start that is due in it comes when the rate rises again',
      rampingRate(
        [
          { durationS: 1, target: 2 },
          { durationS: 0, target: 0 },
          { durationS: 10, target: 0 },
          { durationS: 0, target: 2 },
          { durationS: 1, target: 2 },
        ],
        { rate: 2 },
      ),
      [0, 500, 11_000, 11_500],
    ],
    [
      'stages that jump',
      rampingRate([
        { durationS: 0, target: 10 },
        { durationS: 0.3, target: 10 },
      ]),
      [0, 100, 200],
    ],
  ]
  for (const [title, phase, dueMs] of table)
    it(`of ${title}`, () => {
      assert.deepEqual(millis(arrivals(phase, 1)), dueMs)
      assert.equal(arrivalCount(phase, 1), dueMs.length)
    })

  const rate = fc.double({ min: 0.1, max: 500, noNaN: true })
  const durationS = fc.double({ min: 0, max: 5, noNaN: true })
  const stages = fc.array(fc.record({ durationS, target: fc.double({ min: 0, max: 400, noNaN: true }) }), {
    maxLength: 5,
  })
  const phases = fc.oneof(
    fc.tuple(rate, durationS).map(([perS, s]) => constantRate(perS, s)),
    stages.map((list) => rampingRate(list)),
    fc.tuple(stages, rate).map(([list, perS]) => rampingRate(list, { rate: perS })),
  )

  it('ascend, lie within the duration, and are as many as the integral of the rate', () => {
    fc.assert(
      fc.property(phases, (phase) => {
        const due = [...arrivals(phase, 1)]
        const list = phase.stages ?? [{ durationS: phase.durationS ?? 0, target: phase.rate ?? 0 }]
        let [from, integral, totalS] = [phase.rate ?? 0, 0, 0]
        for (const stage of list) {
          integral += ((from + stage.target) / 2) * stage.durationS
          totalS += stage.durationS
          from = stage.target
        }
        assert.ok(Math.abs(due.length - integral) <= 1, `${due.length} of ${integral}`)
        assert.equal(arrivalCount(phase, 1), due.length)
        for (const [index, atS] of due.entries()) {
          assert.ok(atS >= 0 && atS <= totalS, `${atS} of ${totalS}`)
          assert.ok(index === 0 || atS >= (due[index - 1] ?? Number.NaN), `${index}`)
        }
      }),
    )
  })

  it('are the same for the same seed, and others for another one, if they are random', () => {
    const phase = constantRate(100, 5, { arrivals: 'poisson' })
    assert.deepEqual([...arrivals(phase, 3)], [...arrivals(phase, 3)])
    assert.notDeepEqual([...arrivals(phase, 3)], [...arrivals(phase, 4)])
    assert.equal(arrivalCount(phase, 3), [...arrivals(phase, 3)].length)
  })

  it('of a Poisson process have exponential gaps: mean and standard deviation are the same', () => {
    const due = [...arrivals(constantRate(200, 200, { arrivals: 'poisson' }), 7)]
    assert.ok(Math.abs(due.length - 40_000) < 4 * Math.sqrt(40_000), `${due.length}`)
    const gaps = due.map((atS, index) => atS - (due[index - 1] ?? 0))
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    assert.ok(Math.abs(deviation / mean - 1) < 0.05, `${deviation / mean}`)
    const least = gaps.filter((gap) => gap < mean).length / gaps.length
    assert.ok(Math.abs(least - (1 - Math.exp(-1))) < 0.02, `${least}`)
  })

  it('of a Poisson process keep to a rate that rises: a quarter of them in the first half', () => {
    const due = [...arrivals(rampingRate([{ durationS: 100, target: 400 }], { arrivals: 'poisson' }), 5)]
    const share = due.filter((atS) => atS < 50).length / due.length
    assert.ok(Math.abs(share - 0.25) < 0.02, `${share}`)
  })
})

describe('the slots of a closed loop', () => {
  it('of constant streams are active from their part of the ramp to the end', () => {
    const phase: LoadPhase = { name: 'load', shape: 'constant-streams', streams: 4, rampMs: 2000, durationS: 10 }
    assert.equal(slotCount(phase), 4)
    assert.deepEqual(
      [0, 3, 4].map((slot) => slotSpans(phase, slot)),
      [[{ fromS: 0, toS: 10 }], [{ fromS: 1.5, toS: 10 }], []],
    )
    const endless: LoadPhase = { name: 'load', shape: 'constant-streams', streams: 1, total: 5 }
    assert.deepEqual(slotSpans(endless, 0), [{ fromS: 0, toS: Number.POSITIVE_INFINITY }])
  })

  it('of ramping streams are active while the target is above their number', () => {
    const phase = rampingStreams([
      { durationS: 10, target: 10 },
      { durationS: 5, target: 10 },
      { durationS: 10, target: 5 },
      { durationS: 0, target: 8 },
      { durationS: 2, target: 8 },
    ])
    assert.equal(slotCount(phase), 10)
    const spans = [0, 4, 5, 7, 9].map((slot) => slotSpans(phase, slot).map(({ fromS, toS }) => [fromS, toS]))
    assert.deepEqual(spans, [
      [[0, 27]],
      [[4, 27]],
      [
        [5, 25],
        [25, 27],
      ],
      [
        [7, 21],
        [25, 27],
      ],
      [[9, 17]],
    ])
  })

  it('of ramping streams are as many at each instant as the target, rounded up', () => {
    const stage = fc.record({ durationS: fc.integer({ min: 0, max: 9 }), target: fc.integer({ min: 0, max: 30 }) })
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 6 }), fc.nat(999), (list, part) => {
        const phase = rampingStreams(list)
        let [startS, from] = [0, 0]
        for (const { durationS, target } of list) {
          // Between the ends of a stage, at which the target may jump.
          const atS = startS + (durationS * (part + 0.5)) / 1000
          const level = from + ((target - from) * (part + 0.5)) / 1000
          const active = Array.from({ length: slotCount(phase) }, (_, slot) => slotSpans(phase, slot)).filter((spans) =>
            spans.some(({ fromS, toS }) => fromS < atS && atS < toS),
          ).length
          const isWhole = Math.abs(level - Math.round(level)) < 1e-6
          if (durationS > 0 && !isWhole) assert.equal(active, Math.ceil(level))
          startS += durationS
          from = target
        }
      }),
    )
  })

  it('start their next stream at once, or when they become active again', () => {
    const spans = [
      { fromS: 1, toS: 2 },
      { fromS: 5, toS: 6 },
    ]
    assert.deepEqual(
      [0, 1, 1.5, 2, 4, 5.5, 6].map((atS) => nextStartS(spans, atS)),
      [1, 1, 1.5, 5, 5, 5.5, undefined],
    )
  })
})

describe('a schedule', () => {
  it('spreads a burst evenly from 0 to just below the ramp', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((stream) => intendedStartS(stream, 4, 1000)),
      [0, 0.25, 0.5, 0.75],
    )
    assert.equal(intendedStartS(3, 4, 0), 0)
  })

  it('divides a limit among the workers without a rest', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 64 }), (limit, count) => {
        const shares = Array.from({ length: count }, (_, index) => shareOf(limit, index, count))
        assert.equal(
          shares.reduce((sum, part) => sum + part, 0),
          limit,
        )
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1)
      }),
    )
    assert.equal(shareOf(Number.POSITIVE_INFINITY, 1, 2), Number.POSITIVE_INFINITY)
  })

  it('knows how many streams start, unless that depends on how long they last', () => {
    const closed: LoadPhase = { name: 'load', shape: 'constant-streams', streams: 4 }
    assert.equal(plannedStarts({ name: 'load', shape: 'burst', streams: 7 }, 1), 7)
    assert.equal(plannedStarts({ ...closed, total: 20 }, 1), 20)
    assert.equal(plannedStarts({ ...closed, durationS: 20 }, 1), undefined)
    assert.equal(plannedStarts(constantRate(50, 2), 1), 100)
    assert.equal(plannedStarts(rampingRate([{ durationS: 2, target: 10 }]), 1), 10)
  })
})
