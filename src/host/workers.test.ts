import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { workersFor } from './workers.ts'

const scenario = (streams: number, delayMs: number) => ({ streams, delayMs })

describe('the workers of a load', () => {
  it('are as many as are asked for, whatever the machine has', () => {
    assert.equal(workersFor(64, scenario(1, 50), 1), 64)
    assert.equal(workersFor(1, scenario(100_000, 1), 32), 1)
  })

  it('are one up to 30,000 planned events a second, and one more for each further 30,000', () => {
    assert.equal(workersFor('auto', scenario(1500, 50), 16), 1)
    assert.equal(workersFor('auto', scenario(1501, 50), 16), 2)
    assert.equal(workersFor('auto', scenario(10_000, 50), 16), 7)
  })

  it('leave a core to the others, and are at least one', () => {
    assert.equal(workersFor('auto', scenario(10_000, 50), 4), 3)
    assert.equal(workersFor('auto', scenario(10_000, 50), 2), 1)
    assert.equal(workersFor('auto', scenario(10_000, 50), 1), 1)
    assert.equal(workersFor('auto', scenario(10, 0), 4), 3)
  })

  it('are one where the pace is not known', () => {
    assert.equal(workersFor('auto', { streams: 100_000 }, 16), 1)
  })
})
