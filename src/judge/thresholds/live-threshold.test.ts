import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abortingThresholds, brokenWhileRunning, type LiveCounts, liveTimeLimits } from './live-threshold.ts'
import { formatThreshold } from './threshold.ts'

const nothing: LiveCounts = { ended: 0, failed: 0, timed: 0, over: [] }
/** What ends a load with these thresholds after this time; undefined if nothing does. */
const ending = (texts: readonly string[], counts: Partial<LiveCounts>, streams?: number, elapsedS = 1) => {
  const load = { counts: { ...nothing, ...counts }, streams, elapsedNs: elapsedS * 1e9 }
  return brokenWhileRunning(abortingThresholds({ thresholds: texts }), load)
}

describe('a threshold that ends a load early', () => {
  for (const [text, [failed, ended], streams, got] of [
    ['failed.rate < 1%, abort', [0, 0], 1000, undefined],
    ['failed.rate < 1%, abort', [0, 500], 1000, undefined],
    ['failed.rate < 1%, abort', [1, 1], 1000, undefined],
    ['failed.rate < 1%, abort', [1, 100], 1000, '1.00 % (1 of 100 streams failed)'],
    ['failed.rate <= 1%, abort', [1, 100], 1000, undefined],
    ['failed.rate < 1%, abort', [5, 99], undefined, undefined],
    ['failed.rate < 1%, abort', [5, 100], undefined, '5.00 % (5 of 100 streams failed)'],
    // It stays broken even if all others are complete.
    ['failed.rate < 1%, abort', [10, 10], 1000, '100.00 % (10 of 10 streams failed)'],
    ['failed.rate < 1%, abort', [1, 2], 50, '50.00 % (1 of 2 streams failed)'],
    ['failed.rate <= 0%, abort', [1, 2], undefined, '50.00 % (1 of 2 streams failed)'],
    ['failed.rate <= 0%, abort', [0, 2], undefined, undefined],
    ['failed.count < 3, abort', [2, 9], undefined, undefined],
    ['failed.count < 3, abort', [3, 9], undefined, '3 of 9 streams failed'],
    ['failed.count < 3', [9, 9], undefined, undefined],
  ] as const)
    it(`${text}: ${failed} of ${ended} failed, ${streams ?? 'unknown'} planned: ${got ?? 'goes on'}`, () => {
      assert.equal(ending([text], { failed, ended }, streams)?.got, got)
    })

  for (const [text, [over, timed], streams, got] of [
    ['ttft.p99 < 250ms, abort', [0, 500], 1000, undefined],
    ['ttft.p99 < 250ms, abort', [9, 99], 1000, undefined],
    ['ttft.p99 < 250ms, abort', [1, 100], 1000, undefined],
    ['ttft.p99 < 250ms, abort', [2, 100], 1000, '2 of 100 streams not < 250ms (2.00 %)'],
    ['ttft.p99 < 250ms, abort', [11, 50], 1000, '11 of 50 streams not < 250ms (22.00 %)'],
    ['ttft.p99.9 <= 250ms, abort', [1, 1000], undefined, undefined],
    ['ttft.p99.9 <= 250ms, abort', [2, 1000], undefined, '2 of 1,000 streams not <= 250ms (0.20 %)'],
    ['ttft.p50 < 1s, abort', [1, 1], undefined, '1 of 1 streams not < 1s (100.00 %)'],
    ['ttft.max < 1s, abort', [0, 9], undefined, undefined],
    ['ttft.max < 1s, abort', [1, 9], undefined, '1 of 9 streams not < 1s (11.11 %)'],
  ] as const)
    it(`${text}: ${over} of ${timed} above, ${streams ?? 'unknown'} planned: ${got ?? 'goes on'}`, () => {
      assert.equal(ending([text], { over: [over], timed }, streams)?.got, got)
    })

  it('does so only after its delay', () => {
    const text = 'failed.count < 3, abort after 10s'
    assert.equal(ending([text], { failed: 9, ended: 9 }, undefined, 9.9), undefined)
    assert.equal(ending([text], { failed: 9, ended: 9 }, undefined, 10)?.got, '9 of 9 streams failed')
  })

  it('is the first that is broken, whichever kinds there are', () => {
    const texts = ['ttft.p50 < 1s, abort', 'failed.count < 9, abort', 'ttft.max < 2s, abort', 'failed.count < 2, abort']
    assert.equal(liveTimeLimits(abortingThresholds({ thresholds: texts })).length, 2)
    const found = ending(texts, { failed: 5, ended: 5, timed: 9, over: [0, 1] })
    assert.equal(found && formatThreshold(found.threshold), 'ttft.max < 2s, abort')
  })
})
