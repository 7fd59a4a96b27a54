import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { GenericContainer } from 'testcontainers'
import {
  EnvironmentError,
  type GatewayOptions,
  type GatewayPlaces,
  startTopology,
  UsageError,
} from '../../src/index.ts'
import { runCli } from '../fixtures/cli.ts'
import { processesWith } from '../fixtures/processes.ts'
import { docker, leftOf } from './compose.ts'
import { skip } from './engine.ts'

process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
const image = `ccr-sse-stress-test-gateway:${randomBytes(4).toString('hex')}`
const small = { streams: 20, chunks: 5, delayMs: 10 } as const
const common = {
  port: 7070,
  healthPath: '/healthz',
  protocols: ['openai-chat-completions', 'openai-responses'],
} as const
const path = '/etc/gateway/config.json'
const template = '{"upstream":"{{upstream}}","port":{{port}},"model":"{{model}}"}'
const byImage = { ...common, kind: 'image', image, command: [path], config: { path, template } } as const
const own = /^ccr-sse-stress-\d/

/** The only running project of the harness, and the settings of its gateway's container. */
async function standing() {
  const names = await docker('ps', '--all', '--format', '{{.Label "com.docker.compose.project"}}')
  const [project = ''] = names.split('\n').filter((name) => own.test(name))
  const filters = [`label=com.docker.compose.project=${project}`, 'label=com.docker.compose.service=ccr']
  const id = await docker('ps', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]))
  const [{ Config, HostConfig, NetworkSettings }] = JSON.parse(await docker('inspect', id))
  return { project, id, Config, HostConfig, networks: Object.keys(NetworkSettings.Networks) }
}

/** Checks that nothing is left of a project, including its images, and that the user's image still exists. */
async function assertGone(project: string): Promise<void> {
  assert.match(project, own)
  assert.deepEqual(await leftOf(project), [])
  assert.equal(await docker('images', '--quiet', '--filter', `reference=${project}*`), '')
  assert.equal(await docker('images', '--quiet', '--filter', `label=com.docker.compose.project=${project}`), '')
  assert.notEqual(await docker('images', '--quiet', image), '')
}

function makeContainer({ upstream, port }: GatewayPlaces): GenericContainer {
  // As in a test that uses testcontainers alone: an internal network publishes no port.
  return new GenericContainer(image).withExposedPorts(port).withEnvironment({ UPSTREAM: upstream, PORT: `${port}` })
}

describe("the user's gateway", { skip, timeout: 300_000 }, () => {
  before(async () => {
    const folder = fileURLToPath(new URL('../fixtures/own-gateway', import.meta.url))
    await docker('build', '--quiet', '--tag', image, folder)
  })
  after(async () => {
    await docker('rmi', '--force', image)
  })

  it('can be an image with its file, command, environment, health path and protocols, and has its limits', async () => {
    await using topology = await startTopology({
      driver: 'testcontainers',
      gateway: { ...byImage, env: { PRICE: '$5 $HOME {{model}}' }, cpus: 0.5, memoryMb: 200, pids: 90 },
    })
    const { project, id, Config, HostConfig, networks } = await standing()
    const result = await topology.run(small)
    assert.equal(result.verdict, 'pass', result.report())
    assert.equal(result.run.target.protocol, 'openai-chat-completions')
    assert.equal(result.gateway.kind, 'custom')
    assert.equal(result.gateway.name, `${image} (custom image)`)
    assert.match(result.report(), new RegExp(`^Tested: +${image} \\(custom image\\)`))
    assert.ok((result.gateway.cpu.seconds ?? 0) > 0)
    assert.ok((result.gateway.memory.peakBytes ?? 0) > 0)
    assert.equal(result.gateway.cpu.limit, 0.5)
    assert.equal(result.gateway.memory.limitBytes, 200 * 2 ** 20)
    assert.equal((await topology.run({ ...small, protocol: 'openai-responses' })).verdict, 'pass')
    await assert.rejects(topology.run({ protocol: 'anthropic-messages' }), UsageError)
    assert.equal(
      await docker('exec', id, 'cat', path),
      '{"upstream":"http://mock:9999/v1","port":7070,"model":"mock,mock-model"}',
    )
    assert.ok(Config.Env.includes('PRICE=$5 $HOME mock,mock-model'))
    assert.deepEqual([Config.Entrypoint, Config.Cmd, Config.User], [['node', '/gateway.mjs'], [path], ''])
    assert.deepEqual([HostConfig.NanoCpus, HostConfig.Memory, HostConfig.PidsLimit], [0.5e9, 200 * 2 ** 20, 90])
    assert.deepEqual([HostConfig.CapDrop, HostConfig.SecurityOpt], [['ALL'], ['no-new-privileges:true']])
    assert.deepEqual(networks, [`${project}_stress`])
    await topology.stop()
    await assertGone(project)
  })

  const ways = {
    image: byImage,
    container: { ...common, kind: 'container', container: makeContainer },
  } as const
  for (const [kind, gateway] of Object.entries(ways)) {
    it(`is measured as ${kind} behind a published port, with the driver compose, with its limits`, async () => {
      await using topology = await startTopology({
        driver: 'compose',
        runner: 'host',
        gateway: { ...gateway, memoryMb: 200 },
      })
      const { networks, project, HostConfig } = await standing()
      const { summary, gateway: tested, run, report } = await topology.run(small)
      assert.equal(summary.whole, small.streams, report())
      assert.match(run.target.baseUrl, /^http:\/\/127\.0\.0\.1:\d+$/)
      assert.equal(tested.name, `${image} (custom ${kind})`)
      assert.ok((tested.cpu.seconds ?? 0) > 0)
      assert.deepEqual(networks.sort(), [`${project}_host`, `${project}_stress`])
      assert.equal(HostConfig.Memory, 200 * 2 ** 20)
      await topology.stop()
      await assertGone(project)
    })

    it(`gets no proxy of Docker's client configuration as ${kind}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-docker-config-'))
      const proxy = 'http://proxy.invalid:3128'
      writeFileSync(
        join(folder, 'config.json'),
        JSON.stringify({ proxies: { default: { httpProxy: proxy, httpsProxy: proxy } } }),
      )
      const { DOCKER_CONFIG } = process.env
      process.env['DOCKER_CONFIG'] = folder
      t.after(() => {
        if (DOCKER_CONFIG === undefined) delete process.env['DOCKER_CONFIG']
        else process.env['DOCKER_CONFIG'] = DOCKER_CONFIG
        rmSync(folder, { recursive: true, force: true })
      })
      await using topology = await startTopology({ driver: 'testcontainers', gateway })
      const { Config } = await standing()
      const set = Config.Env.filter((text: string) => /^\w*proxy=./i.test(text))
      assert.deepEqual(set, [])
      assert.equal((await topology.run(small)).summary.whole, small.streams)
    })
  }

  for (const [what, container] of Object.entries({
    object: makeContainer({ upstream: 'http://mock:9999/v1', port: 7070, model: '' }),
    function: makeContainer,
  }))
    it(`can be a GenericContainer passed as ${what}, only on the internal network, with its limits`, async () => {
      const limits = { cpus: 0.5, memoryMb: 200, pids: 90 }
      const gateway: GatewayOptions = { ...common, kind: 'container', container, ...limits }
      await using topology = await startTopology({ driver: 'testcontainers', gateway })
      const { project, HostConfig, networks } = await standing()
      const result = await topology.run(small)
      assert.equal(result.verdict, 'pass', result.report())
      assert.equal(result.run.target.protocol, 'openai-chat-completions')
      assert.equal(result.gateway.name, `${image} (custom container)`)
      assert.ok((result.gateway.cpu.seconds ?? 0) > 0)
      assert.deepEqual([HostConfig.NanoCpus, HostConfig.Memory, HostConfig.PidsLimit], [0.5e9, 200 * 2 ** 20, 90])
      assert.equal(HostConfig.MemorySwap, HostConfig.Memory)
      assert.deepEqual(networks, [`${project}_stress`])
      await topology.stop()
      await assertGone(project)
    })

  it('is reported with its last lines if it ends or never becomes healthy, and leaves nothing', async () => {
    const unwell = { path, template: '{"upstream":"{{upstream}}","port":{{port}},"unwell":true}' }
    const topology = startTopology({
      driver: 'compose',
      gateway: { ...byImage, config: unwell, readyTimeoutS: 3 },
    })
    await assert.rejects(topology, (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(
        error.message,
        /the container of ccr-sse-stress-test-gateway:\w+ did not become healthy: no 200 at http:\/\/ccr:7070\/healthz within 3 s \(HTTP 503\)/,
      )
      assert.match(error.message, /the cache is cold/)
      return true
    })
    const ends = [
      { ...common, kind: 'image', image },
      { ...common, kind: 'container', container: new GenericContainer(image) },
    ] as const
    await Promise.all(
      ends.map((gateway) =>
        assert.rejects(
          startTopology({ driver: 'testcontainers', gateway }),
          /the container of ccr-sse-stress-test-gateway:\w+ did not become healthy: .* before it ended with status 3(.|\n)*no upstream was given/,
        ),
      ),
    )
    const names = await docker('ps', '--all', '--format', '{{.Label "com.docker.compose.project"}}')
    assert.deepEqual(
      names.split('\n').filter((name) => own.test(name)),
      [],
    )
  })

  for (const remover of ['guard', 'cleanup'] as const)
    it(`is removed by the ${remover} after its process was killed, but its image is not`, async () => {
      const owner = await standInProcess()
      const { project } = await standing()
      if (remover === 'cleanup')
        for (const guard of processesWith(`--project-name ${project} down`)) process.kill(guard, 'SIGKILL')
      const ended = once(owner, 'exit')
      owner.kill('SIGKILL')
      await ended
      if (remover === 'cleanup')
        assert.match((await runCli(['cleanup'])).stdout, new RegExp(`^removed ${project}$`, 'm'))
      else while (processesWith(`--project-name ${project} down`).length > 0) await delay(100)
      await assertGone(project)
    })
})

/** A separate process that starts a GenericContainer and waits. */
async function standInProcess() {
  const library = new URL('../../src/index.ts', import.meta.url).href
  const code = `
    import { GenericContainer } from ${JSON.stringify(import.meta.resolve('testcontainers'))}
    import { startTopology } from ${JSON.stringify(library)}
    const container = ({ upstream, port }) =>
      new GenericContainer(${JSON.stringify(image)}).withEnvironment({ UPSTREAM: upstream, PORT: String(port) })
    await startTopology({ driver: 'compose', gateway: { kind: 'container', container, ...${JSON.stringify(common)} } })
    // The topology itself does not keep this process alive.
    setInterval(() => {}, 60_000)
    console.log('up')`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await Promise.race([once(owner.stdout, 'data'), once(owner, 'exit')])
  return owner
}
