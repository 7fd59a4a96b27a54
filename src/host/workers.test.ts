import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { workerCount } from './workers.ts'

const scenario = (streams: number, delayMs: number) => ({ streams, delayMs })

describe('the number of workers of a load', () => {
  it('is the requested number, whatever the number of cores', () => {
    assert.equal(workerCount(64, scenario(1, 50), 1), 64)
    assert.equal(workerCount(1, scenario(100_000, 1), 32), 1)
  })

  it('is one per 30,000 planned events per second', () => {
    assert.equal(workerCount('auto', scenario(1500, 50), 16), 1)
    assert.equal(workerCount('auto', scenario(1501, 50), 16), 2)
    assert.equal(workerCount('auto', scenario(10_000, 50), 16), 7)
  })

  it('leaves one core free, and is at least one', () => {
    assert.equal(workerCount('auto', scenario(10_000, 50), 4), 3)
    assert.equal(workerCount('auto', scenario(10_000, 50), 2), 1)
    assert.equal(workerCount('auto', scenario(10_000, 50), 1), 1)
    assert.equal(workerCount('auto', scenario(10, 0), 4), 3)
  })

  it('is one if the pace is not known', () => {
    assert.equal(workerCount('auto', { streams: 100_000 }, 16), 1)
  })
})
