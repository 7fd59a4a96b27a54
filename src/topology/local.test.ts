import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../test/fixtures/free-port.ts'
import { testHost } from '../../test/fixtures/host.ts'
import { isAlive } from '../../test/fixtures/processes.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { until } from '../../test/fixtures/until.ts'
import { EnvironmentError } from '../base/errors.ts'
import type { Host } from '../process/host.ts'
import { reservePorts } from '../process/ports.ts'
import { noToxics } from './hop.ts'
import { type LocalTopologyOptions, startLocalTopology } from './local.ts'

const timeout = 30_000
const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))
const fake = fixture('fake-ccr-rust.mjs')

async function setUp(
  t: TestContext,
  env: NodeJS.ProcessEnv = {},
  { signal, killSignal, ...more }: Partial<LocalTopologyOptions & Pick<Host, 'signal' | 'killSignal'>> = {},
) {
  const [mockPort, ccrPort] = (await freePorts(2)) as [number, number]
  const pids = temporaryFolder(t)
  const temporary = join(pids, 'tmp')
  mkdirSync(temporary)
  const options: LocalTopologyOptions = {
    gateway: 'reference',
    mockPort,
    ccrPort,
    chunks: 20,
    delayMs: 50,
    model: 'mock,mock-model',
    temporary,
    toxics: noToxics,
    ...more,
  }
  const host = testHost({
    env: { PATH: process.env['PATH'], FAKE_PID_FOLDER: pids, ...env },
    passEnv: ['FAKE_PID_FOLDER', 'FAKE_MOCK', 'FAKE_GATEWAY', 'FAKE_CCR_STYLE', 'FAKE_CCR_BEHAVIOUR'],
    cli: { execPath: process.execPath, script: fixture('fake-cli.mjs') },
    ...(signal && { signal }),
    killSignal,
  })
  const start = async () => {
    const topology = await startLocalTopology(options, host)
    t.after(() => topology[Symbol.asyncDispose]())
    return topology
  }
  const linesOf = (name: string) => readFileSync(join(pids, `${name}.pid`), 'utf8').split('\n')
  const wasStarted = (name: string) => existsSync(join(pids, `${name}.pid`))
  const pid = (name: string) => Number(linesOf(name)[0])
  /** Checks that no process, port or temporary folder is left. */
  const assertNothingLeft = async (...names: string[]) => {
    for (const name of names) assert.ok(!isAlive(pid(name)), `${name} is gone`)
    await using _ = await reservePorts([mockPort, ccrPort].map((port) => ({ port, flag: 'left' })))
    assert.deepEqual(readdirSync(temporary), [])
  }
  return { options, start, linesOf, pid, wasStarted, assertNothingLeft, temporary }
}

test('mock and reference gateway start with their flags, without the keys of the user, are not reported as ccr-rust, and leave nothing behind', {
  timeout,
}, async (t) => {
  const { options, start, pid, linesOf, assertNothingLeft, temporary } = await setUp(t, { API_KEY: 'canary' })
  const topology = await start()
  for (const name of ['mock', 'gateway'])
    assert.doesNotMatch(readFileSync(`/proc/${pid(name)}/environ`, 'utf8'), /canary/, name)
  // It has no temporary folder, which a killed run would leave behind.
  assert.deepEqual(readdirSync(temporary), [])
  assert.equal(topology.mockUrl, `http://127.0.0.1:${options.mockPort}`)
  assert.equal(topology.gatewayUrl, `http://127.0.0.1:${options.ccrPort}`)
  assert.equal((await fetch(`${topology.gatewayUrl}/health`)).status, 200)
  const pace = '--chunks 20 --delay-ms 50 --workers 1 --host 127.0.0.1'
  assert.equal(linesOf('mock')[1], `--port ${options.mockPort} ${pace}`)
  const upstream = `${topology.mockUrl}/v1`
  assert.equal(linesOf('gateway')[1], `--port ${options.ccrPort} --upstream ${upstream} --host 127.0.0.1`)
  assert.deepEqual(topology.gateway, {
    kind: 'reference',
    name: 'embedded reference gateway, not ccr-rust',
    location: topology.gatewayUrl,
    settings: [],
  })
  await topology[Symbol.asyncDispose]()
  await assertNothingLeft('mock', 'gateway')
})

for (const style of ['modern', 'old']) {
  test(`a ${style} ccr-rust starts, writes only to the run's folder, and leaves nothing behind`, {
    timeout,
  }, async (t) => {
    const env = { FAKE_CCR_STYLE: style, CCR_BIN: fake }
    const { start, pid, temporary, assertNothingLeft } = await setUp(t, env, { gateway: 'auto' })
    const topology = await start()
    assert.equal(topology.gateway.name, 'ccr-rust 0.0.0-fixture')
    const response = await fetch(`${topology.gatewayUrl}/health`)
    assert.equal(await response.text(), 'ok')
    assert.equal(Number(response.headers.get('x-fixture-pid')), pid('ccr-rust'))
    const [folder] = readdirSync(temporary)
    assert.equal(statSync(join(temporary, folder as string)).mode & 0o777, 0o700)
    assert.equal(readFileSync(join(temporary, folder as string, '.ccr-rust', 'pid'), 'utf8'), String(pid('ccr-rust')))
    await topology[Symbol.asyncDispose]()
    await assertNothingLeft('mock', 'ccr-rust')
  })
}

test('without a ccr-rust, auto uses the reference gateway, and --gateway ccr-rust fails and lists all ways to provide one', {
  timeout,
}, async (t) => {
  const env = { PATH: temporaryFolder(t) }
  const auto = await setUp(t, env, { gateway: 'auto' })
  assert.equal((await auto.start()).gateway.kind, 'reference')
  const named = await setUp(t, env, { gateway: 'ccr-rust' })
  await assert.rejects(named.start(), (error) => {
    assert.ok(error instanceof EnvironmentError)
    for (const way of ['--ccr-bin', 'CCR_BIN', '--ccr-source', 'CCR_SOURCE', 'PATH'])
      assert.ok(error.message.includes(way))
    return true
  })
  assert.ok(!named.wasStarted('mock'))
})

test('a port in use is reported before anything starts', { timeout }, async (t) => {
  const { options, start, wasStarted } = await setUp(t)
  const server = createServer().listen(options.ccrPort, '127.0.0.1')
  t.after(() => server.close())
  await assert.rejects(start(), { message: new RegExp(`^--ccr-port: port ${options.ccrPort} is in use`) })
  assert.ok(!wasStarted('mock'))
})

test('without a gateway, its port may be in use', { timeout }, async (t) => {
  const { options, start } = await setUp(t, {}, { gateway: 'direct' })
  const server = createServer().listen(options.ccrPort, '127.0.0.1')
  t.after(() => server.close())
  const topology = await start()
  assert.deepEqual([topology.gatewayUrl, topology.gateway.kind], [topology.mockUrl, 'none'])
})

test('the requested idle limit is passed to the reference gateway', { timeout }, async (t) => {
  const { start, linesOf } = await setUp(t, {}, { idleLimitMs: 700 })
  await start()
  assert.match(linesOf('gateway')[1] ?? '', / --idle-limit-ms 700 /)
})

test('a gateway that is not installed is reported with the command that installs it, and nothing starts', {
  timeout,
}, async (t) => {
  const env = { CCR_SSE_STRESS_GATEWAYS: temporaryFolder(t) }
  const { start, wasStarted } = await setUp(t, env, { gateway: 'litellm' })
  const message = 'litellm is not installed. Run `ccr-sse-stress gateways install litellm`.'
  await assert.rejects(start(), (error) => error instanceof EnvironmentError && error.message === message)
  assert.ok(!wasStarted('mock'))
})

for (const [name, env] of [
  ['mock', { FAKE_MOCK: 'die', CCR_BIN: fake }],
  ['ccr-rust', { FAKE_CCR_BEHAVIOUR: 'die', CCR_BIN: fake }],
] as const) {
  test(`a ${name} that dies during the start is named with its last lines, and nothing is left`, {
    timeout,
  }, async (t) => {
    const { start, linesOf, wasStarted, assertNothingLeft } = await setUp(t, env, { gateway: 'ccr-rust' })
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(
        error.message,
        new RegExp(`^${name} ended with exit status 3; its last lines:\n.*dies on request`, 's'),
      )
      assert.ok(!error.message.includes('canary'), error.message)
      return true
    })
    assert.ok(linesOf(name))
    await assertNothingLeft(...['mock', 'ccr-rust'].filter(wasStarted))
  })
}

test('a gateway that never becomes healthy is named, and nothing is left', { timeout }, async (t) => {
  const env = { FAKE_CCR_BEHAVIOUR: 'silent', CCR_BIN: fake }
  const { start, assertNothingLeft } = await setUp(t, env, { gateway: 'ccr-rust', readyTimeoutMs: 1000 })
  await assert.rejects(start(), { message: /^ccr-rust was not healthy within 1 s at .* \(HTTP 503\).*listening on/s })
  await assertNothingLeft('mock', 'ccr-rust')
})

test('an abort during the start rejects with its reason after everything that was started has ended', {
  timeout,
}, async (t) => {
  const abort = new AbortController()
  const env = { FAKE_CCR_BEHAVIOUR: 'silent', CCR_BIN: fake }
  const { start, wasStarted, assertNothingLeft } = await setUp(t, env, { gateway: 'auto', signal: abort.signal })
  const reason = new Error('interrupted')
  const starting = assert.rejects(start(), (error) => error === reason)
  await until(() => wasStarted('mock') && wasStarted('ccr-rust'))
  abort.abort(reason)
  await starting
  await assertNothingLeft('mock', 'ccr-rust')
})

test('an abort before the start starts nothing', { timeout }, async (t) => {
  const { start, wasStarted } = await setUp(t, {}, { signal: AbortSignal.abort(new Error('early')) })
  await assert.rejects(start(), /early/)
  assert.ok(!wasStarted('mock'))
})

test('a kill during the start ends everything before it returns', { timeout }, async (t) => {
  const kill = new AbortController()
  const env = { FAKE_CCR_BEHAVIOUR: 'silent', FAKE_MOCK: 'stubborn', CCR_BIN: fake }
  const { start, wasStarted, temporary, assertNothingLeft } = await setUp(t, env, {
    gateway: 'auto',
    killSignal: kill.signal,
  })
  const starting = assert.rejects(start(), /killed/)
  await until(() => wasStarted('mock') && wasStarted('ccr-rust'))
  kill.abort(new Error('killed'))
  assert.deepEqual(readdirSync(temporary), [])
  await starting
  await assertNothingLeft('mock', 'ccr-rust')
})

test('the kill signal ends processes that ignore SIGTERM, removes the folder, and is not reported as a death', {
  timeout,
}, async (t) => {
  const env = { FAKE_MOCK: 'stubborn', CCR_BIN: fake }
  const kill = new AbortController()
  const more = { gateway: 'auto', killSignal: kill.signal } as const
  const { start, pid, temporary, assertNothingLeft } = await setUp(t, env, more)
  const topology = await start()
  kill.abort()
  assert.deepEqual(readdirSync(temporary), [])
  await until(() => !isAlive(pid('mock')))
  await topology[Symbol.asyncDispose]()
  await assertNothingLeft('mock', 'ccr-rust')
  assert.equal(await topology.death(), undefined)
})

test('a process that dies under load is reported by name', { timeout }, async (t) => {
  const { start, pid, assertNothingLeft } = await setUp(t)
  const topology = await start()
  process.kill(pid('gateway'), 'SIGKILL')
  assert.deepEqual(await topology.death(), { name: 'reference gateway', how: 'signal SIGKILL', lastLines: [] })
  await topology[Symbol.asyncDispose]()
  await assertNothingLeft('mock', 'gateway')
})

for (const [role, gateway] of [
  ['mock', 'reference'],
  ['gateway', 'reference'],
  ['ccr-rust', 'ccr-rust'],
] as const) {
  test(`a program that takes the port of the ${role} after it was reserved is named, and is not measured`, {
    timeout,
  }, async (t) => {
    // It cannot listen, and does not end either.
    const env = {
      FAKE_MOCK: role === 'mock' ? 'deaf' : '',
      FAKE_GATEWAY: 'deaf',
      FAKE_CCR_BEHAVIOUR: 'deaf',
      CCR_BIN: fake,
    }
    const { options, start, wasStarted, assertNothingLeft } = await setUp(t, env, { gateway, readyTimeoutMs: 60_000 })
    const port = role === 'mock' ? options.mockPort : options.ccrPort
    const other = createServer((_, response) => response.end('ok'))
    const starting = start()
    starting.catch(() => undefined)
    await until(() => wasStarted(role))
    other.listen(port, '127.0.0.1')
    await assert.rejects(starting, (error) => {
      assert.ok(error instanceof EnvironmentError)
      const flag = role === 'mock' ? '--mock-port' : '--ccr-port'
      assert.ok(error.message.startsWith(`${flag}: port ${port} is in use on 127.0.0.1 by node (pid ${process.pid})`))
      return true
    })
    await new Promise((resolve) => other.close(resolve))
    await assertNothingLeft(...['mock', 'gateway', 'ccr-rust'].filter(wasStarted))
  })
}
