import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokenWhileRunning } from './live-threshold.ts'
import { formatThreshold, parseThreshold, type Threshold } from './threshold.ts'

const cases: readonly (readonly [
  text: string,
  load: readonly [failed: number, done: number, streams: number | undefined, elapsedS: number],
  got: string | undefined,
])[] = [
  ['failed.rate < 1%, abort', [0, 0, 1000, 1], undefined],
  ['failed.rate < 1%, abort', [0, 500, 1000, 1], undefined],
  ['failed.rate < 1%, abort', [1, 1, 1000, 1], undefined],
  ['failed.rate < 1%, abort', [1, 100, 1000, 1], '1.00 % (1 of 100 streams)'],
  ['failed.rate <= 1%, abort', [1, 100, 1000, 1], undefined],
  ['failed.rate < 1%, abort', [5, 99, undefined, 1], undefined],
  ['failed.rate < 1%, abort', [5, 100, undefined, 1], '5.00 % (5 of 100 streams)'],
  // It stays broken even if all others are complete.
  ['failed.rate < 1%, abort', [10, 10, 1000, 1], '100.00 % (10 of 10 streams)'],
  ['failed.rate < 1%, abort', [1, 2, 50, 1], '50.00 % (1 of 2 streams)'],
  ['failed.rate <= 0%, abort', [1, 2, undefined, 1], '50.00 % (1 of 2 streams)'],
  ['failed.rate <= 0%, abort', [0, 2, undefined, 1], undefined],
  ['failed.count < 3, abort', [2, 9, undefined, 1], undefined],
  ['failed.count < 3, abort', [3, 9, undefined, 1], '3 of 9 streams'],
  ['failed.count < 3, abort after 10s', [9, 9, undefined, 9.9], undefined],
  ['failed.count < 3, abort after 10s', [9, 9, undefined, 10], '9 of 9 streams'],
  ['failed.count < 3', [9, 9, undefined, 10], undefined],
]

describe('a threshold that ends a load early', () => {
  for (const [text, [failed, done, streams, elapsedS], got] of cases)
    it(`${text}: ${failed} of ${done} failed, ${streams ?? 'unknown'} planned, after ${elapsedS} s: ${got}`, () => {
      const threshold = parseThreshold(text, []) as Threshold
      const load = { counts: { failed, done }, streams, elapsedNs: elapsedS * 1e9 }
      assert.equal(brokenWhileRunning([threshold], load)?.got, got)
    })

  it('is the first that is broken', () => {
    const thresholds = ['failed.count < 9, abort', 'failed.count < 3, abort', 'failed.count < 2, abort'].map(
      (text) => parseThreshold(text, []) as Threshold,
    )
    const found = brokenWhileRunning(thresholds, { counts: { failed: 5, done: 5 }, streams: 9, elapsedNs: 0 })
    assert.equal(found && formatThreshold(found.threshold), 'failed.count < 3, abort')
  })
})
