import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type GatewayOptions, startTopology, type TopologyOptions } from '../../src/index.ts'
import { runCli } from '../fixtures/cli.ts'
import { processesWith } from '../fixtures/processes.ts'
import { docker, fixtureSource, leftOf } from './compose.ts'
import { skip } from './engine.ts'

const ccrRust: GatewayOptions = { kind: 'ccr-rust', source: fixtureSource }
const small = { streams: 20, chunks: 5, delayMs: 10 } as const
const own = /^ccr-sse-stress-\d/

/** Starts a topology by testcontainers, without its reaper, whose image may not be available. */
function start(gateway: GatewayOptions, more: Partial<TopologyOptions> = {}) {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  return startTopology({ driver: 'testcontainers', gateway, ...more })
}

async function cleanup(): Promise<string> {
  const { status, stdout, stderr } = await runCli(['cleanup'])
  assert.equal(status, 0, stderr)
  return stdout
}

/** The projects of the harness that still have a container. */
async function projects(): Promise<string[]> {
  const names = await docker('ps', '--all', '--format', '{{.Label "com.docker.compose.project"}}')
  return [...new Set(names.split('\n'))].filter((name) => own.test(name))
}

/** The settings of a container, without those that are unique to it. */
async function settingsOf(project: string, service: string): Promise<Record<string, unknown>> {
  const filter = ['--filter', `label=com.docker.compose.project=${project}`]
  const id = await docker('ps', '--quiet', ...filter, '--filter', `label=com.docker.compose.service=${service}`)
  const [{ HostConfig, Config }] = JSON.parse(await docker('inspect', id))
  const { PidMode: _, NetworkMode: __, ...host } = HostConfig
  return { ...host, user: Config.User, env: Config.Env.sort(), command: Config.Cmd, entry: Config.Entrypoint }
}

describe('the library, testcontainers', { skip, timeout: 300_000, concurrency: 2 }, () => {
  it("applies and reports the gateway's limits, and runs again without a build", async () => {
    const phases: string[] = []
    await using topology = await start(
      { ...ccrRust, cpus: 0.5, memoryMb: 256, pids: 500 },
      { onProgress: (text) => phases.push(text) },
    )
    const result = await topology.run({ streams: 100, chunks: 10, delayMs: 20 })
    assert.equal(result.verdict, 'pass', result.report())
    assert.equal(result.runner, 'container')
    assert.equal(result.run.records.length, 100)
    assert.equal(result.gateway.cpu.limit, 0.5)
    assert.equal(result.gateway.memory.limitBytes, 256 * 2 ** 20)
    assert.ok((result.gateway.memory.peakBytes ?? Infinity) < 200 * 2 ** 20)
    assert.match(result.report(), /Gateway container: +limit 0\.5 CPUs, limit 256\.0 MiB/)
    phases.length = 0
    assert.equal((await topology.run(small)).summary.whole, 20)
    assert.ok(!phases.some((text) => /building|starting the containers/.test(text)))
  })

  it('reports a throttled gateway', async () => {
    await using topology = await start({ ...ccrRust, cpus: 0.05 })
    const { gateway, report } = await topology.run({ streams: 100, chunks: 40, delayMs: 10 })
    assert.ok((gateway.cpu.throttledPeriods ?? 0) > 0)
    assert.ok((gateway.cpu.throttledS ?? 0) > 0)
    assert.match(report(), /Gateway throttled: +in \d+ of \d+ periods/)
  })

  it('reports a gateway that the kernel kills for memory', async () => {
    await using topology = await start({ ...ccrRust, memoryMb: 7 })
    const { verdict, reasons, run } = await topology.run({ streams: 400, chunks: 50, delayMs: 100 })
    assert.match(run.died?.lastLines.join('\n') ?? '', /the gateway \(ccr-rust\) ended with signal SIGKILL/)
    assert.equal(verdict, 'fail')
    assert.match(reasons.join('\n'), /The kernel killed \d gateway process(es)?: out of memory \(limit 7 MiB\)/)
  })

  it('runs direct to the mock without a gateway', async () => {
    await using topology = await startTopology({ driver: 'compose', gateway: { kind: 'direct' } })
    const { verdict, gateway, report } = await topology.run(small)
    assert.equal(verdict, 'pass', report())
    assert.equal(gateway.kind, 'none')
  })

  it('does not keep a process alive that has nothing else to do, and is removed when it ends', async () => {
    const library = new URL('../../src/index.ts', import.meta.url).href
    const code = `
      import { test } from 'node:test'
      import { startTopology } from ${JSON.stringify(library)}
      await startTopology({ driver: 'testcontainers', gateway: { kind: 'reference' }, runner: 'host', toxics: ['runner-gateway:latency=1ms'] })
      test('fails before it stops its topology', () => { throw new Error('on purpose') })`
    const env = { ...process.env, TESTCONTAINERS_RYUK_DISABLED: 'true', NODE_TEST_CONTEXT: undefined }
    const suite = spawn(process.execPath, ['--input-type=module', '-e', code], { env, stdio: 'ignore' })
    assert.deepEqual(await once(suite, 'exit'), [1, null])
    const isOwned = async () =>
      (await docker('ps', '--all', '--format', '{{.Label "ccr-sse-stress.owner"}}')).includes(`${suite.pid}@`)
    while (await isOwned()) await delay(100)
  })

  it('makes `run --topology testcontainers` end with one error if there is no engine', () => {
    const script = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
    const env = { ...process.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' }
    const args = [script, 'run', '--topology', 'testcontainers', '--gateway', 'reference', '--out', '/tmp']
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
    assert.equal(status, 4)
    assert.match(stderr, /^error: --topology testcontainers: no Docker engine answers/m)
    assert.doesNotMatch(stderr, /\n\s+at /)
  })
})

/** These measure from this process, start several topologies, or count the projects of this machine. */
describe('the library, testcontainers, alone', { skip, timeout: 300_000 }, () => {
  it('measures from this process through a published port if requested', async () => {
    await using topology = await start(ccrRust, { runner: 'host' })
    const result = await topology.run(small)
    assert.equal(result.verdict, 'pass', result.report())
    assert.equal(result.runner, 'host')
    assert.match(result.run.target.baseUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.match(result.report(), /published port/)
    assert.equal(result.gateway.kind, 'ccr-rust')
    assert.ok((result.gateway.cpu.seconds ?? 0) > 0)
    assert.ok((result.gateway.memory.peakBytes ?? 0) > 0)
  })

  it('starts three topologies at the same time that do not interfere', async () => {
    const topologies = await Promise.all([1, 2, 3].map(() => start({ kind: 'reference' })))
    try {
      const results = await Promise.all(topologies.map((topology) => topology.run(small)))
      for (const { verdict, run } of results) {
        assert.equal(verdict, 'pass')
        assert.equal(run.mock?.streamsServed, small.streams)
      }
    } finally {
      await Promise.all(topologies.map((topology) => topology.stop()))
    }
  })

  it('limits the gateway to 1 CPU and 512 MB by default, in the same containers as compose', async () => {
    await using byLibrary = await start({ kind: 'reference' })
    const [first] = await projects()
    await using byCompose = await startTopology({
      driver: 'compose',
      gateway: { kind: 'reference', cpus: 1, memoryMb: 512 },
    })
    const [second] = (await projects()).filter((name) => name !== first)
    for (const service of ['mock', 'ccr', 'pidns'])
      assert.deepEqual(await settingsOf(first as string, service), await settingsOf(second as string, service), service)
    assert.equal((await byLibrary.run(small)).gateway.memory.limitBytes, 512 * 2 ** 20)
    assert.equal((await byCompose.run(small)).verdict, 'pass')
  })

  it('is removed by `cleanup` if its process and its guard were killed', async () => {
    const library = new URL('../../src/index.ts', import.meta.url).href
    const options = JSON.stringify({ driver: 'compose', gateway: { kind: 'reference' } })
    // The topology itself does not keep the process alive.
    const code = `import { startTopology } from ${JSON.stringify(library)}; await startTopology(${options});
      setInterval(() => {}, 60_000); console.log('up')`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(owner.stdout, 'data')
    const [name = ''] = await projects()
    assert.match(await cleanup(), new RegExp(`kept ${name}`))
    for (const guard of processesWith(`--project-name ${name} down`)) process.kill(guard, 'SIGKILL')
    const gone = once(owner, 'exit')
    owner.kill('SIGKILL')
    await gone
    assert.deepEqual(await projects(), [name])
    assert.match(await cleanup(), new RegExp(`^removed ${name}$`, 'm'))
    assert.deepEqual(await leftOf(name), [])
    assert.equal(await docker('images', '--quiet', '--filter', `label=com.docker.compose.project=${name}`), '')
    assert.equal(await cleanup(), '')
  })

  it('leaves nothing if it is aborted or an assertion throws', async () => {
    const stop = new AbortController()
    await assert.rejects(
      start(ccrRust, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) }),
      /enough/,
    )
    await assert.rejects(async () => {
      await using topology = await start({ kind: 'reference' })
      assert.equal((await topology.run(small)).verdict, 'fail')
    }, assert.AssertionError)
    assert.deepEqual(await projects(), [])
  })
})
