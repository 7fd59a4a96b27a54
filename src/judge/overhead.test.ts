import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, histogramOfMs, ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { createRandom } from '../base/random.ts'
import type { DirectBlock } from '../model/baseline.ts'
import { blockCount } from '../model/blocks.ts'
import type { Run } from '../model/run.ts'
import { overheadOf } from './overhead.ts'

const blocks = Array.from({ length: blockCount }, (_, block) => block)

/** A run whose times are noisy, and whose gateway adds `addedMs` to them. */
function noisyRun(addedMs: number, seed = 1): Run {
  const random = createRandom(seed)
  const noisy = (n: number, aboutMs: number) => Array.from({ length: n }, () => aboutMs + (random() % 1000) / 500)
  const direct = (): DirectBlock => ({
    connect: histogramOfMs(noisy(10, 1)),
    headers: histogramOfMs(noisy(10, 2)),
    ttft: histogramOfMs(noisy(10, 5)),
    interChunk: histogramOfMs(noisy(90, 20)),
    transit: histogramOfMs(noisy(100, 1)),
  })
  const gateway = () => ({
    interChunk: histogramOfMs(noisy(90, 20)),
    transit: histogramOfMs(noisy(100, 1 + addedMs)),
  })
  const window = (when: 'before' | 'after') => ({
    when,
    streams: 100,
    whole: 100,
    chunks: 10,
    blocks: blocks.map(direct),
  })
  const streams = records(100, (stream) =>
    wholeRecord(stream, { firstDeltaNs: beginNs + (5 + addedMs + (random() % 1000) / 500) * ms }),
  )
  return runOf(streams, { baseline: { windows: [window('before'), window('after')], gateway: blocks.map(gateway) } })
}

describe('the overhead of a gateway', () => {
  it('is what the gateway adds, with an interval that excludes 0', () => {
    const overhead = overheadOf(noisyRun(7))
    for (const time of [overhead?.ttft, overhead?.transit]) {
      for (const { overheadMs, lowMs = Number.NaN, highMs = Number.NaN } of [time?.p50, time?.p99].filter(
        (time) => time !== undefined,
      )) {
        assert.ok(lowMs <= 7.3 && highMs >= 6.7 && lowMs > 6 && highMs < 8, `${lowMs} to ${highMs}`)
        assert.ok(lowMs <= overheadMs && overheadMs <= highMs)
      }
    }
    assert.deepEqual(
      [overhead?.transit?.nDirect, overhead?.transit?.nGateway, overhead?.windows, overhead?.isWhole],
      [2000, 1000, 2, true],
    )
  })

  it('has 0 in its interval in most runs of a gateway that adds nothing', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => overheadOf(noisyRun(0, seed + 1))?.transit?.p50)
    const holding = runs.filter((p50) => (p50?.lowMs ?? 1) <= 0 && (p50?.highMs ?? -1) >= 0).length
    assert.ok(holding >= 34, `${holding} of 40`)
  })

  it('has no interval if the streams of one side fill fewer than 5 blocks', () => {
    const run = noisyRun(7)
    const ttftOf = (streams: number) => overheadOf({ ...run, records: run.records.slice(0, streams) })?.ttft?.p50
    assert.deepEqual([ttftOf(4)?.lowMs, ttftOf(4)?.highMs], [undefined, undefined])
    assert.ok(ttftOf(5)?.lowMs !== undefined)
  })

  it('is the same each time it is computed', () => {
    const run = noisyRun(3)
    assert.deepEqual(overheadOf(run), overheadOf(run))
  })

  it('omits a time that one side lacks and a p99 of fewer than 100 values, and is undefined without a baseline', () => {
    const run = noisyRun(1)
    const { baseline } = run
    assert.ok(baseline)
    const bare = baseline.gateway.map(({ interChunk }) => ({ interChunk }))
    const overhead = overheadOf({ ...run, records: run.records.slice(0, 99), baseline: { ...baseline, gateway: bare } })
    assert.equal(overhead?.transit, undefined)
    assert.deepEqual([overhead?.ttft?.nGateway, overhead?.ttft?.p99], [99, undefined])
    assert.equal(overheadOf(runOf(records(2))), undefined)
  })
})
