import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { runAgainstMock } from './against-mock.ts'
import { withServer } from './contender.ts'
import type { BenchContext } from './context.ts'
import { mockReport } from './messages.ts'
import { presentAmong } from './present.ts'
import { clients } from './suites/clients.ts'

const load = { streams: 5, chunks: 3, delayMs: 5, rampMs: 10 }

function context(signal = new AbortController().signal): BenchContext {
  return { rounds: 1, holdS: 1, signal, say: () => undefined, env: process.env }
}

for (const [name, client] of Object.entries(clients)) {
  for (const mock of ['mock-ours', 'mock-node-http', 'mock-starlette.py']) {
    test(`${client} reads every event that ${mock} sends`, { timeout: 30_000 }, async (t) => {
      const [absent] = (await presentAmong({ [name]: [client, mock] }, context())).absent
      if (absent) return t.skip(absent[1])
      const { problems, client: report, mock: sent } = await runAgainstMock(context(), { mock, client }, load)
      assert.deepEqual(problems, [])
      assert.equal(sent.deltas, 15)
      // oha's CPU time has a resolution of 10 ms, and its memory is read every 50 ms.
      assert.ok(client === 'client-oha' || (report.cpuUs > 0 && report.peakRssMib > 1))
    })
  }
}

test('a server ends when the benchmark is interrupted', { timeout: 30_000 }, async () => {
  const interrupt = new AbortController()
  let pid = 0
  const run = withServer(context(interrupt.signal), 'mock-ours', { chunks: 1, delayMs: 1 }, async (server) => {
    pid = server.pid
    interrupt.abort()
    await server.next(mockReport)
  })
  await assert.rejects(run, { name: 'AbortError' })
  assert.equal(existsSync(`/proc/${pid}`), false)
})

test('a contender that ends without a report is reported with its output', { timeout: 30_000 }, async () => {
  const run = withServer(context(), 'gateway-reference', { upstream: 'no URL' }, async () => undefined)
  await assert.rejects(run, /gateway-reference ended with exit status 1/)
})
