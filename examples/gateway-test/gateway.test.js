// A regression that costs memory, CPU or a single delta fails this suite. Needs a Docker engine; run with `npm test`.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTopology } from 'ccr-sse-stress'

let topology
before(async () => {
  topology = await startTopology({
    driver: 'testcontainers',
    // CCR_SOURCE: your checkout, or a git URL with a commit.
    gateway: { kind: 'ccr-rust', source: process.env.CCR_SOURCE ?? '..', cpus: 0.5, memoryMb: 256 },
  })
})
after(() => topology?.stop())

test('200 streams arrive whole', async () => {
  const result = await topology.run({ streams: 200, chunks: 20, delayMs: 50 })
  assert.equal(result.verdict, 'pass', result.report())
})

test('50 streams at 10 ms a delta take less than 200 MiB, and do not run into the CPU limit', async () => {
  const { verdict, gateway, report } = await topology.run({ streams: 50, chunks: 50, delayMs: 10 })
  assert.equal(verdict, 'pass', report())
  assert.ok(gateway.memory.peakBytes < 200 * 1024 * 1024, report())
  assert.equal(gateway.memory.limitBytes, 256 * 1024 * 1024)
  assert.equal(gateway.memory.oomKills ?? 0, 0)
})
