import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { type TestContext, test } from 'node:test'
import { isAlive } from '../../test/fixtures/processes.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { deadUrl, find, startStanding, startStandingPair } from '../../test/fixtures/standing.ts'
import { EnvironmentError } from '../base/errors.ts'
import { startProxyControl } from '../toxic/proxy-control.ts'

const timeout = 60_000
const skip = platform() !== 'linux' && 'only Linux tells of processes in /proc'
const reference = { CCR_SSE_STRESS_GATEWAY: 'reference' }

async function findBoth(t: TestContext, env: NodeJS.ProcessEnv) {
  const { mock, gateway } = await startStandingPair(t, env)
  return { mock, gateway, topology: await find({ mockUrl: mock.url, gatewayUrl: gateway.url }) }
}

test('a marked reference gateway is found with its process, and mock and gateway keep running', {
  skip,
  timeout,
}, async (t) => {
  const { mock, gateway, topology } = await findBoth(t, reference)
  assert.deepEqual([topology.mockUrl, topology.gatewayUrl], [mock.url, gateway.url])
  assert.deepEqual(topology.gateway, {
    kind: 'reference',
    name: 'embedded reference gateway, not ccr-rust',
    location: gateway.url,
    settings: [],
  })
  // It shares this process's file system, so it does not count as a container: its control group would be the whole machine's.
  assert.deepEqual(topology.gatewayProcess, {
    pid: gateway.run.child.pid,
    inContainer: false,
    keeperPid: undefined,
  })
  assert.equal(await topology.death(), undefined)
  await topology[Symbol.asyncDispose]()
  for (const { run, url } of [mock, gateway]) {
    assert.ok(isAlive(run.child.pid as number))
    assert.equal((await fetch(`${url}/health`)).status, 200)
  }
})

test('a killed gateway is reported dead', { skip, timeout }, async (t) => {
  const { gateway, topology } = await findBoth(t, reference)
  await gateway.kill()
  assert.deepEqual(await topology.death(), {
    name: 'embedded reference gateway, not ccr-rust',
    how: 'its process is gone',
    lastLines: [],
  })
})

test('a killed mock is a failed part of the harness, not a dead gateway', {
  timeout,
}, async (t) => {
  const { mock, topology } = await findBoth(t, reference)
  const [part] = topology.parts
  assert.equal(await part?.check(), undefined)
  await mock.kill()
  const how = `no answer at ${mock.url}/__mock/stats: ECONNREFUSED`
  assert.deepEqual([part?.name, await part?.check()], ['mock', { state: 'silent', how, lastLines: [] }])
  assert.equal(await topology.death(), undefined)
})

test('a fault proxy with a control port is part of the harness', { timeout }, async (t) => {
  const mock = await startStanding(t, ['mock'])
  await using control = await startProxyControl({ host: '127.0.0.1', port: 0, log: silentLog })
  const proxyControls = [{ hop: 'gateway-mock', url: control.url }] as const
  const { parts } = await find({ mockUrl: mock.url, gatewayUrl: mock.url, gateway: 'direct', proxyControls })
  assert.deepEqual(
    parts.map(({ part, name }) => [part, name]),
    [
      ['mock', 'mock'],
      ['proxy', 'proxy gateway-mock'],
    ],
  )
  assert.equal(await parts[1]?.check(), undefined)
  await control[Symbol.asyncDispose]()
  const how = `no answer at ${control.url}/health: ECONNREFUSED`
  assert.deepEqual(await parts[1]?.check(), { state: 'silent', how, lastLines: [] })
})

test('a gateway without the mark is unknown and its process is not visible; it is reported dead when it does not answer', {
  timeout,
}, async (t) => {
  const { gateway, topology } = await findBoth(t, {})
  assert.deepEqual(topology.gateway, {
    kind: 'unknown',
    name: 'unknown gateway',
    location: gateway.url,
    settings: [],
  })
  assert.equal(topology.gatewayProcess, undefined)
  assert.equal(await topology.death(), undefined)
  await gateway.kill()
  const how = `no answer at ${gateway.url}: ECONNREFUSED`
  assert.deepEqual(await topology.death(), { name: 'unknown gateway', how, lastLines: [] })
})

test('a marked gateway on another port is not mistaken for the gateway under test', { skip, timeout }, async (t) => {
  const ccrRust = await startStandingPair(t, { CCR_SSE_STRESS_GATEWAY: 'ccr-rust' })
  const { topology } = await findBoth(t, {})
  assert.equal(topology.gateway.kind, 'unknown')
  const both = await find({ mockUrl: ccrRust.mock.url, gatewayUrl: ccrRust.gateway.url })
  assert.deepEqual([both.gateway.kind, both.gatewayProcess?.pid], ['ccr-rust', ccrRust.gateway.run.child.pid])
})

test('a ccr-rust without build information is reported as such, with its stream limit', {
  skip,
  timeout,
}, async (t) => {
  const { gateway, topology } = await findBoth(t, { CCR_SSE_STRESS_GATEWAY: 'ccr-rust', CCR_MAX_STREAMS: '0' })
  assert.deepEqual(topology.gateway, {
    kind: 'ccr-rust',
    name: 'ccr-rust (version unknown)',
    version: undefined,
    location: gateway.url,
    settings: ['built from an unknown source', 'stream limit disabled (CCR_MAX_STREAMS=0 in the environment)'],
  })
})

for (const [wanted, mark, found] of [
  ['ccr-rust', 'reference', 'embedded reference gateway, not ccr-rust'],
  ['reference', 'ccr-rust', 'ccr-rust (version unknown)'],
  ['ccr-rust', 'something-else', 'unknown gateway'],
] as const) {
  test(`--gateway ${wanted} is refused if ${mark} is running, and the error names it`, {
    skip,
    timeout,
  }, async (t) => {
    const { mock, gateway } = await startStandingPair(t, { CCR_SSE_STRESS_GATEWAY: mark })
    const urls = { mockUrl: mock.url, gatewayUrl: gateway.url }
    await assert.rejects(
      find({ ...urls, gateway: wanted }),
      new EnvironmentError(
        `--gateway ${wanted}: the gateway at ${gateway.url} is not ${wanted} (found: ${found}). Use --gateway auto, or another URL.`,
      ),
    )
  })
}

test('the gateway that --gateway names is accepted', { skip, timeout }, async (t) => {
  const { mock, gateway } = await startStandingPair(t, reference)
  const topology = await find({ mockUrl: mock.url, gatewayUrl: gateway.url, gateway: 'reference' })
  assert.equal(topology.gatewayProcess?.pid, gateway.run.child.pid)
})

test('direct uses only the mock: it does not wait for a gateway, and no gateway can die', {
  timeout,
}, async (t) => {
  const mock = await startStanding(t, ['mock'], reference)
  const topology = await find({ mockUrl: mock.url, gatewayUrl: await deadUrl(), gateway: 'direct' })
  assert.equal(topology.gatewayUrl, mock.url)
  assert.deepEqual(topology.gateway, {
    kind: 'none',
    name: 'no gateway: direct to the mock',
    location: mock.url,
    settings: [],
  })
  assert.equal(topology.gatewayProcess, undefined)
  assert.equal(await topology.death(), undefined)
  await mock.kill()
  assert.equal(await topology.death(), undefined)
  assert.equal((await topology.parts[0]?.check())?.state, 'silent')
})

test('if nothing answers before the timeout, that is an EnvironmentError', { timeout }, async (t) => {
  const mock = await startStanding(t, ['mock'])
  const url = await deadUrl()
  for (const [urls, who] of [
    [{ mockUrl: mock.url, gatewayUrl: url }, 'gateway'],
    [{ mockUrl: url, gatewayUrl: mock.url }, 'mock'],
  ] as const) {
    await assert.rejects(
      // Long enough for the one that does answer.
      find({ ...urls, readyTimeoutMs: 1000 }),
      new EnvironmentError(
        `the ${who} was not healthy within 1 s at ${url}/health (ECONNREFUSED). Start it, or correct its URL (for a gateway also --health-path).`,
      ),
    )
  }
})

test('an abort ends the wait with its reason', { timeout }, async () => {
  const url = await deadUrl()
  const abort = new AbortController()
  const reason = new Error('interrupted')
  const lines: string[] = []
  const onProgress = (text: string) => {
    lines.push(text)
    queueMicrotask(() => abort.abort(reason))
  }
  const finding = find({ mockUrl: url, gatewayUrl: url }, { signal: abort.signal, onProgress })
  await assert.rejects(finding, (error) => error === reason)
  assert.deepEqual(lines, [`waiting for the mock at ${url} and the gateway at ${url}`])
})

test('a mock that another run uses is refused at once, also through localhost, until that run has ended', {
  skip,
  timeout,
}, async (t) => {
  const { mock, gateway } = await startStandingPair(t, {})
  const urls = { mockUrl: mock.url, gatewayUrl: gateway.url }
  // A run that fails to start releases the mock.
  await assert.rejects(find({ ...urls, gateway: 'ccr-rust' }), /is not ccr-rust/)
  const first = await find(urls)
  const local = mock.url.replace('127.0.0.1', 'localhost')
  for (const mockUrl of [mock.url, local])
    await assert.rejects(
      find({ ...urls, mockUrl }),
      new EnvironmentError(
        `--mock-url: the mock at ${mockUrl} is in use by another run of ccr-sse-stress, node (pid ${process.pid}). Wait until it has ended, or start another mock.`,
      ),
    )
  await first[Symbol.asyncDispose]()
  await using _ = await find(urls)
})
