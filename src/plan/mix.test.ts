import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRandom, mixSeed } from '../base/random.ts'
import type { Distribution, StreamKind } from '../model/mix.ts'
import { draw } from './distribution.ts'
import { fillerText, maxPromptKb } from './filler.ts'
import { drawnNumbers, kindOf, type MixedScenario, paceOf, settingsOf, typicalOf } from './mix.ts'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const everything = { min: 0, max: Number.POSITIVE_INFINITY }

const amount = fc.double({ min: 0, max: 1000, noNaN: true })
const anyDistribution: fc.Arbitrary<Distribution> = fc.oneof(
  amount.map((value): Distribution => ({ distribution: 'constant', value })),
  fc
    .tuple(amount, amount)
    .map(([a, b]): Distribution => ({ distribution: 'uniform', min: Math.min(a, b), max: Math.max(a, b) })),
  fc.tuple(amount, amount).map(([mean, deviation]): Distribution => ({ distribution: 'normal', mean, deviation })),
  fc
    .tuple(fc.double({ min: 0.001, max: 1000, noNaN: true }), amount)
    .map(([mean, deviation]): Distribution => ({ distribution: 'lognormal', mean, deviation })),
  fc.array(amount, { minLength: 1, maxLength: 20 }).map((values): Distribution => ({ distribution: 'values', values })),
)
const anyKind: fc.Arbitrary<StreamKind> = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c'),
    weight: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    chunks: anyDistribution,
    delayMs: anyDistribution,
    deltaBytes: anyDistribution,
    promptKb: anyDistribution,
    content: fc.constantFrom('plain', 'tools'),
  },
  { requiredKeys: ['name', 'weight'] },
)
const anyMix = fc.array(anyKind, { minLength: 1, maxLength: 6 })

const scenario = { seed: 7, chunks: 20, delayMs: 50, content: 'plain', requestProfile: 'sdk' } as const

/** Mean, median and standard deviation of 100,000 values of a distribution. */
function statistics(distribution: Distribution) {
  const n = 100_000
  const values = Array.from({ length: n }, (_, stream) =>
    draw(distribution, createRandom(mixSeed(stream, 1)), everything),
  )
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n)
  values.sort((a, b) => a - b)
  return { mean, median: values[n / 2] as number, deviation, least: values[0] as number, most: values[n - 1] as number }
}

describe('a distribution', () => {
  const cases: readonly (readonly [Distribution, { mean: number; median: number; deviation: number }])[] = [
    [
      { distribution: 'constant', value: 40 },
      { mean: 40, median: 40, deviation: 0 },
    ],
    [
      { distribution: 'uniform', min: 10, max: 50 },
      { mean: 30, median: 30, deviation: 40 / Math.sqrt(12) },
    ],
    [
      { distribution: 'normal', mean: 100, deviation: 10 },
      { mean: 100, median: 100, deviation: 10 },
    ],
    // The median of a lognormal value is mean² / √(mean² + deviation²).
    [
      { distribution: 'lognormal', mean: 40, deviation: 20 },
      { mean: 40, median: 1600 / Math.sqrt(2000), deviation: 20 },
    ],
    [
      { distribution: 'lognormal', mean: 3, deviation: 0 },
      { mean: 3, median: 3, deviation: 0 },
    ],
    [
      { distribution: 'values', values: [1, 1, 1, 9] },
      { mean: 3, median: 1, deviation: Math.sqrt(12) },
    ],
  ]
  for (const [distribution, expected] of cases)
    it(`has the mean, median and deviation that it names: ${JSON.stringify(distribution)}`, () => {
      const got = statistics(distribution)
      for (const name of ['mean', 'median', 'deviation'] as const)
        assert.ok(Math.abs(got[name] - expected[name]) <= 0.02 * expected.mean, `${name} ${got[name]}`)
    })

  it('reaches both ends of a range and does not leave it', () => {
    const { least, most } = statistics({ distribution: 'uniform', min: 10, max: 50 })
    assert.ok(least >= 10 && least < 10.1 && most > 49.9 && most <= 50)
  })

  it('is limited by its bounds', () => {
    fc.assert(
      fc.property(anyDistribution, uint32, amount, amount, (distribution, seed, a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const value = draw(distribution, createRandom(seed), { min, max })
        assert.ok(value >= min && value <= max, `${value}`)
      }),
    )
  })
})

describe('the kind of a stream', () => {
  it('is drawn by weight', () => {
    const mix = [{ weight: 1 }, { weight: 3 }, { weight: 0.5 }, { weight: 5.5 }]
    for (const seed of [1, 2, 3, 0xffff_ffff]) {
      const n = 20_000
      const counts = mix.map(() => 0)
      for (let stream = 0; stream < n; stream++) {
        const kind = kindOf(mix, seed, stream)
        counts[kind] = (counts[kind] as number) + 1
      }
      const chiSquare = mix.reduce((sum, { weight }, index) => {
        const expected = (n * weight) / 10
        return sum + ((counts[index] as number) - expected) ** 2 / expected
      }, 0)
      // With three degrees of freedom, one draw in 10,000 is above 21.1.
      assert.ok(chiSquare < 21.1, `seed ${seed}: ${chiSquare} (${counts})`)
    }
  })

  it('does not depend on other streams, and its settings are within their bounds', () => {
    fc.assert(
      fc.property(anyMix, uint32, uint32, (mix, seed, stream) => {
        const mixed: MixedScenario = { ...scenario, seed, mix }
        const settings = settingsOf(mixed, stream)
        assert.deepEqual(settingsOf(mixed, stream), settings)
        const kind = mix[settings.kind as number] as StreamKind
        for (const [name, { min, max, step }] of Object.entries(drawnNumbers)) {
          const value = settings[name as keyof typeof drawnNumbers]
          if (kind[name as keyof typeof drawnNumbers] === undefined) continue
          assert.ok(value !== undefined && value >= min && value <= max, `${name} ${value}`)
          assert.ok(Math.abs(value / step - Math.round(value / step)) < 1e-6, `${name} ${value}`)
        }
        assert.equal(settings.chunks, kind.chunks === undefined ? 20 : settings.chunks)
        assert.equal(settings.content, kind.content ?? 'plain')
      }),
    )
  })

  it('keeps its other numbers if one setting of a kind changes', () => {
    const kind: StreamKind = { name: 'a', weight: 1, chunks: { distribution: 'lognormal', mean: 40, deviation: 20 } }
    const delayMs: Distribution = { distribution: 'uniform', min: 10, max: 50 }
    for (let stream = 0; stream < 100; stream++) {
      const alone = settingsOf({ ...scenario, mix: [kind] }, stream)
      assert.equal(settingsOf({ ...scenario, mix: [{ ...kind, delayMs }] }, stream).chunks, alone.chunks)
    }
  })

  it('is the same in every version of the program', () => {
    const mix: readonly StreamKind[] = [
      { name: 'a', weight: 1, chunks: { distribution: 'lognormal', mean: 40, deviation: 20 } },
      { name: 'b', weight: 2, delayMs: { distribution: 'normal', mean: 30, deviation: 10 } },
    ]
    const drawn = [0, 1, 2, 3].map((stream) => {
      const { kind, chunks, delayMs } = settingsOf({ ...scenario, mix }, stream)
      return [kind, chunks, delayMs]
    })
    assert.deepEqual(drawn, [
      [1, 20, 29.389],
      [1, 20, 34.758],
      [0, 37, 50],
      [1, 20, 24.743],
    ])
  })

  it('is that of the scenario without a mix', () => {
    const { chunks, delayMs, kind, content } = settingsOf(scenario, 5)
    assert.deepEqual({ chunks, delayMs, kind, content }, { chunks: 20, delayMs: 50, kind: undefined, content: 'plain' })
  })
})

describe('the pace of a mix', () => {
  const constant = (value: number): Distribution => ({ distribution: 'constant', value })
  const mix: readonly StreamKind[] = [
    { name: 'short', weight: 1, chunks: constant(10), delayMs: constant(10) },
    { name: 'long', weight: 1, chunks: constant(100), delayMs: constant(40) },
  ]
  it('is computed from the streams of the load, so that the mean duration is right', () => {
    const load = { ...scenario, mix, streams: 1000 }
    const { chunks = 0, delayMs = 0, ...pace } = paceOf(load)
    const share =
      Array.from({ length: 1000 }, (_, stream) => kindOf(mix, 7, stream)).filter((kind) => kind === 1).length / 1000
    assert.ok(Math.abs(chunks - (10 + 90 * share)) < 1e-9)
    assert.ok(Math.abs(chunks * delayMs - (100 + 3900 * share)) < 1e-9)
    assert.deepEqual(pace, { shortestDelayMs: 10, longestDelayMs: 40, shortestMs: 90, longestMs: 3960 })
    const { mix: none, ...typical } = typicalOf(load)
    assert.deepEqual({ none, chunks: typical.chunks, delayMs: typical.delayMs }, { none: undefined, chunks, delayMs })
  })

  it('is unknown if the mock decides', () => {
    const { chunks: _, ...open } = scenario
    const pace = paceOf({ ...open, mix: [{ name: 'a', weight: 1 }], streams: 10 })
    assert.deepEqual([pace.chunks, pace.longestMs, pace.delayMs], [undefined, undefined, 50])
  })
})

describe('the filler of a prompt', () => {
  it('has the requested number of bytes, in words that differ from stream to stream', () => {
    for (const bytes of [1, 1000, maxPromptKb * 1024]) {
      const text = fillerText(1, 5, bytes)
      assert.equal(Buffer.byteLength(text), bytes)
      assert.equal(fillerText(1, 5, bytes), text)
    }
    const [text, next, seeded] = [fillerText(1, 5, 64), fillerText(1, 6, 64), fillerText(2, 5, 64)]
    assert.equal(new Set([text, next, seeded]).size, 3)
    const words = new Set(fillerText(1, 5, 10_000).split(/\s+/))
    assert.ok(words.size > 300, `${words.size} different words`)
    assert.doesNotMatch(fillerText(1, 5, maxPromptKb * 1024), /[~[\]]/)
  })
})
