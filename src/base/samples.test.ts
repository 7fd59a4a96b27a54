import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Samples } from './samples.ts'

function samplesOf(samples: readonly (readonly [ms: number, value: number | undefined])[]): Samples {
  const all = new Samples()
  for (const [ms, value] of samples) all.add(ms * 1e6, value)
  return all
}

describe('samples over time', () => {
  it('have the largest value of each second, and null for a second without a sample', () => {
    const samples = samplesOf([
      [900, 50],
      [1000, 3],
      [1010, 7],
      [1020, 4],
      [1990, 6],
      [3500, 2],
      [4000, 99],
    ])
    assert.deepEqual(samples.perSecond(1e9, 3), [7, null, 2])
  })

  it('are undefined if none was taken in these seconds', () => {
    assert.equal(samplesOf([[500, undefined]]).perSecond(0, 2), undefined)
    assert.equal(samplesOf([[500, 1]]).perSecond(1e9, 2), undefined)
    assert.equal(samplesOf([]).growthPerSecond(0, 2), undefined)
  })

  it('of a counter have its growth in each second, from the last sample before', () => {
    const samples = samplesOf([
      [900, 10.1],
      [1300, 10.2],
      [1900, 10.4],
      [2900, 10.5],
      [4500, 11],
      [5000, 10],
    ])
    assert.deepEqual(samples.growthPerSecond(1e9, 5), [0.3, 0.1, null, 0.5, 0])
    assert.deepEqual(
      samplesOf([
        [1100, 4],
        [2100, 6],
      ]).growthPerSecond(1e9, 2),
      [null, 2],
    )
  })
})
