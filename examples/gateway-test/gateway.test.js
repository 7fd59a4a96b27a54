// Fails if a change to the gateway costs memory or CPU time, or loses a single delta. Needs Docker. Run it with `npm test`.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTopology } from 'ccr-sse-stress'

let topology
before(async () => {
  topology = await startTopology({
    driver: 'testcontainers',
    // Set CCR_SOURCE to your checkout, or to a git URL with a commit.
    gateway: { kind: 'ccr-rust', source: process.env.CCR_SOURCE ?? '..', cpus: 0.5, memoryMb: 256 },
  })
})
after(() => topology?.stop())

test('200 streams arrive complete', async () => {
  const result = await topology.run({ streams: 200, chunks: 20, delayMs: 50 })
  assert.equal(result.verdict, 'pass', result.report())
})

test('50 streams at 10 ms per delta need less than 200 MiB', async () => {
  const { verdict, gateway, report } = await topology.run({ streams: 50, chunks: 50, delayMs: 10 })
  assert.equal(verdict, 'pass', report())
  assert.ok(gateway.memory.peakBytes < 200 * 1024 * 1024, report())
  assert.equal(gateway.memory.limitBytes, 256 * 1024 * 1024)
  assert.equal(gateway.memory.oomKills ?? 0, 0)
})
