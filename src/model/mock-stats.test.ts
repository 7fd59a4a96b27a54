import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from './histogram.ts'
import { type MockStats, mockStatsAnswerSchema } from './mock-stats.ts'

test('members that only a newer mock sends are ignored at every depth', () => {
  const loopDelay = { p50Ms: 1, p99Ms: 2, maxMs: 3, totalMs: 4 }
  const gc = { count: 1, totalMs: 2, longestMs: 2 }
  const readings = { name: 'mock', wallMs: 100, loopBusyShare: 0.5, heapUsedBytes: 1, heapLimitBytes: 2, loopDelay, gc }
  const stats = {
    ...{ streamsOpen: 0, streamsPeak: 1, streamsServed: 1, streamsAborted: 0, requests: 1 },
    ...{ deltasSent: 2, eventsSent: 3, bytesSent: 4 },
    pacingError: new Histogram().toJSON(),
    instrument: [readings],
  } satisfies MockStats
  const isNew = true
  const answer = {
    ...stats,
    isNew,
    pacingError: { ...stats.pacingError, isNew },
    instrument: [{ ...readings, isNew, loopDelay: { ...loopDelay, isNew }, gc: { ...gc, isNew } }],
  }
  assert.deepEqual(mockStatsAnswerSchema.parse(answer), stats)
})
