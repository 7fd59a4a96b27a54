import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { resetIdleMock } from '../src/experiment/telemetry.ts'
import { startMock } from '../src/mock/mock.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { until } from './fixtures/until.ts'

const never = new AbortController().signal

async function busyMock(t: TestContext, delayMs: number) {
  const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 20, delayMs, log: silentLog })
  const leave = new AbortController()
  const loaded = load(mock.url, { streams: 3, signal: leave.signal })
  t.after(async () => {
    leave.abort()
    await loaded
    await mock[Symbol.asyncDispose]()
  })
  await until(() => mock.stats().streamsOpen === 3)
  return mock
}

describe("the reset of a mock's counters", { timeout: 30_000 }, () => {
  it('waits until no stream is open, so that earlier streams are not counted', async (t) => {
    const mock = await busyMock(t, 10)
    assert.equal(await resetIdleMock(mock.url, 20_000, never), true)
    const { streamsOpen, streamsServed, streamsPeak, requests, deltasSent } = mock.stats()
    assert.deepEqual([streamsOpen, streamsServed, streamsPeak, requests, deltasSent], [0, 0, 0, 0, 0])
  })

  it('happens anyway when streams stay open longer than the time limit', async (t) => {
    const mock = await busyMock(t, 60_000)
    assert.equal(await resetIdleMock(mock.url, 50, never), true)
    assert.deepEqual([mock.stats().streamsOpen, mock.stats().requests], [3, 0])
  })

  it('stops waiting when it is aborted', async (t) => {
    const mock = await busyMock(t, 60_000)
    assert.equal(await resetIdleMock(mock.url, 600_000, AbortSignal.timeout(30)), true)
  })

  it('reports a mock that does not answer', async () => {
    assert.equal(await resetIdleMock('http://127.0.0.1:1', 1000, never), false)
  })
})
