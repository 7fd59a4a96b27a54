import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRandom, mixSeed } from './random.ts'

describe('a seeded random', () => {
  it('generates the same numbers on every machine', () => {
    const random = createRandom(1)
    assert.deepEqual([random(), random(), random()], [2693262067, 11749833, 2265367787])
  })

  it('generates integers from 0 to 2^32 - 1, evenly spread', () => {
    const random = createRandom(42)
    const buckets = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++) {
      const value = random()
      assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 32)
      const bucket = value >>> 28
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    // Each bucket should have about 1,000; six standard deviations are 184.
    for (const count of buckets) assert.ok(Math.abs(count - 1000) < 184, String(buckets))
  })

  it('has different seeds for neighbouring pairs of numbers', () => {
    const seeds = new Set<number>()
    for (let a = 0; a < 100; a++) for (let b = 0; b < 100; b++) seeds.add(mixSeed(a, b))
    // About 0.01 collisions are expected among 10,000 seeds of 32 bits.
    assert.ok(seeds.size >= 9_998, String(seeds.size))
    for (const seed of seeds) assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)
  })
})
