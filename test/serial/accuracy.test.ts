import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, it, type TestContext } from 'node:test'
import { type OverheadSummary, overheadOf } from '../../src/judge/overhead.ts'
import type { Run } from '../../src/model/run.ts'
import type { Delay } from '../fixtures/delay-gateway.ts'
import { runThrough } from '../fixtures/late-run.ts'

const pace = { streams: 30, chunks: 20, delayMs: 20, rampMs: 500 } as const

/** A run through a gateway that delays its deltas. */
async function runDelayed(
  t: TestContext,
  delay: Delay,
): Promise<{ readonly run: Run; readonly overhead: OverheadSummary }> {
  const run = await runThrough(t, delay, pace)
  const overhead = overheadOf(run)
  assert.ok(overhead?.isWhole && overhead.transit && overhead.ttft && overhead.interChunk)
  return { run, overhead }
}

/**
 * Measures the allowed error of a time, in ms: mock, gateway and runner share this event loop and its delay. One pause of the
 * loop delays the deltas of all streams, which is enough to move a p99.
 */
function watchBound(): () => { readonly p50: number; readonly p99: number } {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  return () => {
    delay.disable()
    return { p50: 2 + delay.percentile(99) / 1e6, p99: 2 + Math.max(2 * delay.percentile(99), delay.max) / 1e6 }
  }
}

function assertNear(got: number | undefined, expected: number, boundMs: number, what: string): void {
  assert.ok(
    got !== undefined && Math.abs(got - expected) <= boundMs,
    `${what}: ${got}, expected ${expected} within ${boundMs}`,
  )
}

describe('measured overhead', () => {
  for (const delayMs of [15, 60]) {
    it(`shows the ${delayMs} ms that a gateway adds to each delta in transit and TTFT, not in inter-chunk latency`, async (t) => {
      const boundMs = watchBound()
      const { run, overhead } = await runDelayed(t, { delayMs })
      const bound = boundMs().p50
      assertNear(overhead.transit?.p50.overheadMs, delayMs, bound, 'transit')
      assertNear(overhead.ttft?.p50.overheadMs, delayMs, bound, 'TTFT')
      assertNear(overhead.interChunk?.p50.overheadMs, 0, bound, 'inter-chunk latency')
      assert.equal(run.transit?.n, pace.streams * pace.chunks)
      assert.equal(run.mockClock?.isShared, true)
      // The worst streams are recorded delta by delta.
      const [flight] = run.flights ?? []
      assert.equal(flight?.deltas.length, pace.chunks)
      for (const [sentUs, receivedUs] of flight?.deltas ?? [])
        assert.ok(sentUs !== null && receivedUs - sentUs >= (delayMs - 3) * 1000)
    })
  }

  it('shows a gateway that collects five deltas before it sends them', async (t) => {
    const boundMs = watchBound()
    const { overhead } = await runDelayed(t, { delayMs: 0, hold: 5 })
    const bound = boundMs()
    assertNear(overhead.transit?.p50.overheadMs, 2 * pace.delayMs, bound.p50, 'transit, p50')
    assertNear(overhead.transit?.p99?.gatewayMs, 4 * pace.delayMs, bound.p99, 'transit, p99')
  })
})
