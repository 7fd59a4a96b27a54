import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runScenario, startTopology, UsageError } from '../../src/index.ts'
import { startCommand } from '../fixtures/cli.ts'
import { isAlive, processesWith } from '../fixtures/processes.ts'
import { assertValidReport } from '../fixtures/published-schema.ts'
import { until } from '../fixtures/until.ts'

const small = { streams: 10, chunks: 5, delayMs: 5 } as const
const local = { driver: 'local', gateway: { kind: 'reference' } } as const

describe('the library, local driver', { timeout: 120_000 }, () => {
  it('runs several times on one topology, each with separate counts, and leaves no process', async () => {
    const topology = await startTopology(local)
    for (const streams of [10, 25]) {
      const result = await topology.run({ ...small, streams })
      assert.equal(result.verdict, 'pass')
      assert.equal(result.summary.whole, streams)
      assert.equal(result.run.mock?.streamsServed, streams)
      assert.equal(result.gateway.kind, 'reference')
      assert.equal(result.runner, 'host')
      assert.ok((result.gateway.memory.peakBytes ?? 0) > 0)
      assert.match(result.report(), /RESULT: PASS/)
      assert.equal(result.json().report.successful, streams)
      assertValidReport(JSON.stringify(result.json()))
    }
    const url = (await topology.run(small)).run.target.baseUrl
    await topology.stop()
    await topology.stop()
    assert.deepEqual(processesWith(`--port ${new URL(url).port}`), [])
  })

  it('runs with several workers, and refuses an invalid number of them', async () => {
    await using topology = await startTopology({ ...local, workers: 2 })
    const result = await topology.run(small)
    assert.equal(result.verdict, 'pass')
    assert.deepEqual(result.run.workers, { runner: 2, mock: 2 })
    assert.ok((result.json().startSkewMs ?? -1) >= 0)
    assert.match(result.report(), /^Workers: +2 runner threads \(first starts [\d.]+ ms apart\), 2 mock processes$/m)
    for (const workers of [0, -1, 1.5, 65])
      await assert.rejects(startTopology({ ...local, workers }), (error) => {
        assert.ok(error instanceof UsageError)
        assert.deepEqual(
          error.problems.map(({ where }) => where),
          ['workers'],
        )
        return true
      })
  })

  it('tears down when an assertion throws', async () => {
    let url = ''
    await assert.rejects(async () => {
      await using topology = await startTopology(local)
      url = (await topology.run(small)).run.target.baseUrl
      assert.fail('on purpose')
    }, /on purpose/)
    assert.deepEqual(processesWith(`--port ${new URL(url).port}`), [])
  })

  it('does not keep a process alive whose assertion fails before stop(), and is torn down when that process ends', async () => {
    const suite = fileURLToPath(new URL('../fixtures/failing-suite.mjs', import.meta.url))
    const env = { NODE_TEST_CONTEXT: undefined }
    const { status, stdout } = await startCommand([process.execPath, suite], env).ended
    assert.equal(status, 1, stdout)
    const pids = /started: (.+)/.exec(stdout)?.[1]?.split(' ').map(Number) ?? []
    // Two mocks, two proxies, two gateways, and the guard of the foreign one.
    assert.ok(pids.length >= 7, stdout)
    await until(() => !pids.some(isAlive))
  })

  it('refuses a run after stop(), and stop() interrupts a run', async () => {
    const topology = await startTopology(local)
    const loading = Promise.withResolvers<void>()
    const run = topology.run(
      { streams: 5, chunks: 1000, baseline: false },
      { onProgress: (text) => void (text.startsWith('starting the load') && loading.resolve()) },
    )
    await loading.promise
    await topology.stop()
    const { run: partial, reasons } = await run
    assert.equal(partial.interruptedBy, 'SIGINT', reasons.join())
    assert.equal(partial.died, undefined)
    await assert.rejects(topology.run(small), (error) => {
      assert.ok(error instanceof UsageError)
      assert.equal(
        error.message,
        'run() needs a running topology, but this one was stopped. Call startTopology() again.',
      )
      return true
    })
  })

  it('returns the partial run after an abort, and keeps its topology for the next one', async () => {
    await using topology = await startTopology(local)
    const stop = new AbortController()
    const run = topology.run({ streams: 5, chunks: 1000 }, { signal: stop.signal, onProgress: () => stop.abort() })
    assert.equal((await run).run.interruptedBy, 'SIGINT')
    assert.equal((await topology.run(small)).verdict, 'pass')
  })

  it('reports every mistake in a scenario before anything starts', async () => {
    const wrong = { streams: 0, chunks: 1.5, colour: 'red' }
    await assert.rejects(runScenario(local, wrong), (error) => {
      assert.ok(error instanceof UsageError)
      assert.deepEqual(error.problems.map(({ where }) => where).sort(), ['chunks', 'colour', 'streams'])
      return true
    })
  })

  it('refuses limits that the local driver cannot enforce', async () => {
    const gateway = { kind: 'reference', cpus: 0.5, memoryMb: 256 } as const
    await assert.rejects(
      startTopology({ driver: 'local', gateway }),
      /gateway\.cpus needs .*testcontainers(.|\n)*memoryMb/,
    )
  })

  it('refuses a missing binary, and a signal that is already aborted', async () => {
    const gateway = { kind: 'ccr-rust', binary: '/nowhere/ccr-rust' } as const
    await assert.rejects(startTopology({ driver: 'local', gateway }), UsageError)
    await assert.rejects(startTopology({ ...local, signal: AbortSignal.abort(new Error('early')) }), /early/)
  })
})
