import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startTopology } from '../../src/index.ts'
import { leastTtftMs } from '../fixtures/least-ttft.ts'
import { processesWith } from '../fixtures/processes.ts'
import { fixtureSource } from './compose.ts'
import { skip } from './engine.ts'

const small = { streams: 10, chunks: 5, delayMs: 10 } as const
const toxics = ['runner-gateway:latency=70ms', 'gateway-mock:latency=90ms'] as const

describe('toxics in containers', { skip, timeout: 300_000, concurrency: 2 }, () => {
  it('run as separate services next to ccr-rust, and the run lists them', async () => {
    process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
    await using topology = await startTopology({
      driver: 'testcontainers',
      gateway: { kind: 'ccr-rust', source: fixtureSource },
      toxics,
    })
    const { run, verdict, report } = await topology.run(small)
    assert.equal(verdict, 'pass', report())
    assert.deepEqual(run.toxics, toxics)
    assert.ok(leastTtftMs(run.records) >= 160, `${leastTtftMs(run.records)} ms`)
    assert.equal(run.target.baseUrl, 'http://runner-gateway:3456')
    assert.equal(run.gateway.location, 'http://ccr:3456')
  })

  it('are reported if they break every stream, and the run continues', async () => {
    await using topology = await startTopology({ driver: 'compose', toxics: ['gateway-mock:limit_data=300'] })
    const { run, summary } = await topology.run(small)
    assert.equal(summary.failed, 10)
    assert.match(run.toxics?.join() ?? '', /^gateway-mock:limit_data=300/)
  })
})

describe('toxics in containers, measured from this process', { skip, timeout: 300_000 }, () => {
  it('run in front of the published port if this process is the runner, and end with it', async () => {
    await using topology = await startTopology({ driver: 'compose', runner: 'host', toxics })
    const { run, verdict, report } = await topology.run(small)
    assert.equal(verdict, 'pass', report())
    assert.deepEqual(run.toxics, toxics)
    assert.ok(leastTtftMs(run.records) >= 160, `${leastTtftMs(run.records)} ms`)
    assert.equal(processesWith(`--upstream=${run.gateway.location}`).length, 1)
    await topology.stop()
    assert.deepEqual(processesWith(`--upstream=${run.gateway.location}`), [])
  })
})
