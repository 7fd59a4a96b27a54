import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { nowNs } from '../src/base/clock.ts'
import { clockOverLoad, readMockClock } from '../src/experiment/mock-clock.ts'
import { readBootId } from '../src/host/proc.ts'
import { startMock } from '../src/mock/mock.ts'
import { silentLog } from './fixtures/silent-log.ts'

/** A server whose clock is ahead of ours by this offset. */
async function clockAt(t: TestContext, offsetNs: number): Promise<string> {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ bootId: 'another', nowNs: nowNs() + offsetNs }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe("the mock's clock", () => {
  it('is our clock if the mock runs on this kernel', async () => {
    await using mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 1, delayMs: 0, log: silentLog })
    assert.deepEqual(await readMockClock(mock.url, readBootId()), { isShared: true, offsetNs: 0, errorNs: 0 })
  })

  it('is estimated for another machine, within the reported error', async (t) => {
    for (const offsetNs of [5e12, -5e12]) {
      const clock = await readMockClock(await clockAt(t, offsetNs), readBootId())
      assert.ok(clock && !clock.isShared && clock.errorNs > 0)
      assert.ok(Math.abs(clock.offsetNs - offsetNs) <= clock.errorNs, JSON.stringify(clock))
    }
  })

  it('is unknown if the mock does not answer', async () => {
    assert.equal(await readMockClock('http://127.0.0.1:9', readBootId()), undefined)
  })

  it('has its drift during the load added to its error', () => {
    const clock = (offsetNs: number) => ({ isShared: false, offsetNs, errorNs: 10 })
    assert.deepEqual(clockOverLoad(clock(1000), clock(1400)), { isShared: false, offsetNs: 1000, errorNs: 410 })
    assert.deepEqual(clockOverLoad(clock(1000), undefined), clock(1000))
  })
})
