import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { freePorts } from '../../test/fixtures/free-port.ts'
import { testHost } from '../../test/fixtures/host.ts'
import { processesWith } from '../../test/fixtures/processes.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { noToxics } from './hop.ts'
import { type LocalTopologyOptions, startLocalTopology } from './local.ts'

const timeout = 60_000

/** Starts a topology of our own mock and reference gateway, or of the mock alone. */
async function stand(t: TestContext, gateway: LocalTopologyOptions['gateway']) {
  const [mockPort, ccrPort] = (await freePorts(2)) as [number, number]
  const plan = { chunks: 20, delayMs: 50, model: 'mock,mock-model' }
  const temporary = temporaryFolder(t)
  const options = { gateway, mockPort, ccrPort, ...plan, temporary, toxics: noToxics }
  const topology = await startLocalTopology(options, testHost())
  t.after(() => topology[Symbol.asyncDispose]())
  const signal = (name: NodeJS.Signals, port: number) => {
    const [pid] = processesWith(`--port ${port} `)
    assert.ok(pid)
    process.kill(pid, name)
  }
  return { topology, mockPort, ccrPort, signal }
}

test('while both answer, nothing is reported dead or failed', { timeout }, async (t) => {
  const { topology } = await stand(t, 'reference')
  assert.equal(await topology.death(), undefined)
  assert.deepEqual(await Promise.all(topology.parts.map((part) => part.check())), [undefined])
})

test('the process to measure is the started gateway, which is not in a container', {
  timeout,
}, async (t) => {
  const { topology, ccrPort } = await stand(t, 'reference')
  const [pid] = processesWith(`--port ${ccrPort} `)
  assert.deepEqual(topology.gatewayProcess, { pid, inContainer: false })
})

test('a mock that was just killed is a failed part with the signal, and no death of the gateway', {
  timeout,
}, async (t) => {
  const { topology, mockPort, signal } = await stand(t, 'reference')
  const [part] = topology.parts
  signal('SIGKILL', mockPort)
  const { lastLines: _, ...death } = (await part?.died) ?? {}
  assert.deepEqual(death, { name: 'mock', how: 'signal SIGKILL' })
  assert.equal((await part?.check())?.how, `no answer at ${topology.mockUrl}/__mock/stats: ECONNREFUSED`)
  assert.equal(await topology.death(), undefined)
})

test('a gateway that was just killed is named, with the signal, and a second call gives the same answer', {
  timeout,
}, async (t) => {
  const { topology, ccrPort, signal } = await stand(t, 'reference')
  signal('SIGKILL', ccrPort)
  const { lastLines: _, ...death } = (await topology.death()) ?? {}
  assert.deepEqual(death, { name: 'reference gateway', how: 'signal SIGKILL' })
  const { lastLines: __, ...later } = (await topology.death()) ?? {}
  assert.deepEqual(later, death)
})

test('a gateway that hangs is not reported dead', { timeout }, async (t) => {
  const { topology, ccrPort, signal } = await stand(t, 'reference')
  signal('SIGSTOP', ccrPort)
  assert.equal(await topology.death(), undefined)
  signal('SIGCONT', ccrPort)
})

test('without a gateway, no process is measured and no death is reported', {
  timeout,
}, async (t) => {
  const { topology, mockPort, ccrPort, signal } = await stand(t, 'direct')
  assert.deepEqual(processesWith(`--port ${ccrPort} `), [])
  assert.equal(topology.gatewayUrl, topology.mockUrl)
  assert.deepEqual(topology.gateway, {
    kind: 'none',
    name: 'no gateway: direct to the mock',
    location: topology.mockUrl,
    settings: [],
  })
  assert.equal(topology.gatewayProcess, undefined)
  assert.equal(await topology.death(), undefined)
  signal('SIGKILL', mockPort)
  assert.equal((await topology.parts[0]?.died)?.name, 'mock')
  assert.equal(await topology.death(), undefined)
})
