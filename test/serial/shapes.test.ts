import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bufferedOf } from '../../src/judge/buffering.ts'
import { judge } from '../../src/judge/judgement.ts'
import { bimodalOf, nagleOf } from '../../src/judge/shapes.ts'
import { stalledOf } from '../../src/judge/stalls.ts'
import type { Delay } from '../fixtures/delay-gateway.ts'
import { runThrough } from '../fixtures/late-run.ts'

const pace = { streams: 100, chunks: 20, delayMs: 30, rampMs: 1000, baseline: false, warmUpStreams: 0 } as const

describe('the shape of a delay', () => {
  for (const [what, delay, detect] of [
    ['buffered if streams arrive at their end', { delayMs: 0, hold: 1000 }, bufferedOf],
    ['nagle if each delta is 40 ms late', { delayMs: 40 }, nagleOf],
    [
      'stalled together if nothing is passed on for a while',
      { delayMs: 0, still: { fromMs: 1000, toMs: 1500 } },
      stalledOf,
    ],
    ['bimodal if every second stream waits 300 ms', { delayMs: 0, isUneven: true }, bimodalOf],
  ] as const satisfies readonly (readonly [string, Delay, typeof bufferedOf])[]) {
    it(`is ${what}`, async (t) => {
      assert.equal(detect(await runThrough(t, delay, pace)).length, 1)
    })
  }

  it('is not reported for the reference gateway', async (t) => {
    assert.deepEqual(judge(await runThrough(t, 'reference', pace)).gatewayFindings, [])
  })
})
