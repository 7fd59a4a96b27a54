import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { describe, it } from 'node:test'
import { summarize } from '../src/judge/summary.ts'
import { startMock } from '../src/mock/mock.ts'
import { protocolNames } from '../src/model/protocol-name.ts'
import { load } from './fixtures/load.ts'
import { runOf } from './fixtures/runs.ts'
import { silentLog } from './fixtures/silent-log.ts'

const plan = { streams: 25, chunks: 12, delayMs: 20 } as const

describe('what the client counts and measures, compared with what the mock sent', { timeout: 60_000 }, () => {
  for (const protocol of protocolNames) {
    it(`matches in events, deltas, bytes and times in ${protocol}`, async (t) => {
      const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
      t.after(() => mock[Symbol.asyncDispose]())
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const { records, interChunk } = await load(mock.url, { protocol, ...plan })
      delay.disable()
      const stats = mock.stats()
      const {
        totalsOfAll,
        peakOpen,
        ttft,
        interChunk: gaps,
      } = summarize(runOf(records, { interChunk: interChunk.toJSON() }))
      assert.equal(totalsOfAll.events, stats.eventsSent)
      assert.equal(totalsOfAll.deltas, stats.deltasSent)
      assert.equal(totalsOfAll.bytes, stats.bytesSent)
      assert.equal(peakOpen, stats.streamsPeak)
      assert.equal(stats.deltasSent, plan.streams * plan.chunks)
      // Mock and client share this event loop, so its delay and the mock's lateness bound the measurement error.
      const lateMs = stats.pacingError.maxUs / 1000 + delay.max / 1e6
      for (const { requestSentNs = 0, firstDeltaNs = 0, lastDeltaNs = 0 } of records) {
        const spanMs = (lastDeltaNs - firstDeltaNs) / 1e6
        const plannedMs = (plan.chunks - 1) * plan.delayMs
        assert.ok(Math.abs(spanMs - plannedMs) <= lateMs, `${spanMs} ms for ${plannedMs}, late ${lateMs}`)
        assert.ok(firstDeltaNs > requestSentNs)
      }
      assert.ok(gaps && Math.abs(gaps.p50Ms - plan.delayMs) <= lateMs)
      assert.ok(ttft && ttft.maxMs <= ttft.p50Ms + plan.streams * lateMs)
    })
  }
})
