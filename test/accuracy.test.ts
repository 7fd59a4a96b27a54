import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, it, type TestContext } from 'node:test'
import { type OverheadSummary, overheadOf } from '../src/judge/overhead.ts'
import type { Run } from '../src/model/run.ts'
import type { Delay } from './fixtures/delay-gateway.ts'
import { runThrough } from './fixtures/late-run.ts'

const pace = { streams: 30, chunks: 20, delayMs: 20, rampMs: 1000 } as const

/** A run through a gateway that comes late by what it is told. */
async function runLate(
  t: TestContext,
  delay: Delay,
): Promise<{ readonly run: Run; readonly overhead: OverheadSummary }> {
  const run = await runThrough(t, delay, pace)
  const overhead = overheadOf(run)
  assert.ok(overhead?.isWhole && overhead.transit && overhead.ttft && overhead.interChunk)
  return { run, overhead }
}

/** How far off a time may be, in ms: mock, gateway and runner share this process's loop, and are as late as it is. */
function watchBound(): () => number {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  return () => {
    delay.disable()
    return 2 + delay.percentile(99) / 1e6
  }
}

function assertNear(got: number | undefined, expected: number, boundMs: number, what: string): void {
  assert.ok(
    got !== undefined && Math.abs(got - expected) <= boundMs,
    `${what}: ${got}, expected ${expected} within ${boundMs}`,
  )
}

describe('what a gateway adds', () => {
  for (const delayMs of [15, 60]) {
    it(`is found where it adds ${delayMs} ms to each delta: in transit and in TTFT, and not between deltas`, async (t) => {
      const boundMs = watchBound()
      const { run, overhead } = await runLate(t, { delayMs })
      const bound = boundMs()
      assertNear(overhead.transit?.p50.overheadMs, delayMs, bound, 'transit')
      assertNear(overhead.ttft?.p50.overheadMs, delayMs, bound, 'TTFT')
      assertNear(overhead.interChunk?.p50.overheadMs, 0, bound, 'inter-chunk latency')
      assert.equal(run.transit?.n, pace.streams * pace.chunks)
      assert.equal(run.mockClock?.isShared, true)
    })
  }

  it('is found where it holds deltas back: the first of five waits for four more', async (t) => {
    const boundMs = watchBound()
    const { overhead } = await runLate(t, { delayMs: 0, hold: 5 })
    const bound = boundMs()
    assertNear(overhead.transit?.p50.overheadMs, 2 * pace.delayMs, bound, 'transit, p50')
    assertNear(overhead.transit?.p99?.gatewayMs, 4 * pace.delayMs, 2 * bound, 'transit, p99')
  })

  it('is told of the worst streams delta by delta', async (t) => {
    const { run } = await runLate(t, { delayMs: 40 })
    const [flight] = run.flights ?? []
    assert.equal(flight?.deltas.length, pace.chunks)
    for (const [sentUs, cameUs] of flight?.deltas ?? []) assert.ok(sentUs !== null && cameUs - sentUs >= 37_000)
  })
})
