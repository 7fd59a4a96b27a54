import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { noMountNamespace, startKeptGateway } from '../../test/fixtures/kept-gateway.ts'
import { isAlive } from '../../test/fixtures/processes.ts'
import { find, startStanding } from '../../test/fixtures/standing.ts'
import { until } from '../../test/fixtures/until.ts'

const timeout = 60_000
const skip = noMountNamespace()
const built = { ref: 'https://example.org/ccr-rust.git#abc', version: '1.3.0', features: 'default', profile: 'release' }

async function findKept(t: TestContext) {
  const mock = await startStanding(t, ['mock'])
  const kept = { kind: 'ccr-rust', upstream: `${mock.url}/v1`, built: JSON.stringify(built) }
  const gateway = await startKeptGateway(t, kept)
  const topology = await find({ mockUrl: mock.url, gatewayUrl: gateway.url })
  assert.ok(topology.gatewayProcess)
  return { gateway, topology, seen: topology.gatewayProcess }
}

test('a gateway in a container is found with its keeper and the source of its image', {
  skip,
  timeout,
}, async (t) => {
  const { gateway, topology, seen } = await findKept(t)
  assert.deepEqual(topology.gateway, {
    kind: 'ccr-rust',
    name: 'ccr-rust 1.3.0',
    version: '1.3.0',
    location: gateway.url,
    settings: [
      `built from ${built.ref}, features default, profile release`,
      "ccr-rust's own stream limit (CCR_MAX_STREAMS is not set)",
    ],
  })
  assert.notEqual(seen.pid, gateway.keeperPid)
  assert.deepEqual(seen, { pid: seen.pid, inContainer: true, keeperPid: gateway.keeperPid })
})

test('the end of a gateway in a container and its last lines are reported as its keeper recorded them', {
  skip,
  timeout,
}, async (t) => {
  const { gateway, topology, seen } = await findKept(t)
  process.kill(seen.pid, 'SIGKILL')
  const endedFile = `/proc/${gateway.keeperPid}/root/tmp/ended`
  await until(() => existsSync(endedFile) || !isAlive(gateway.keeperPid))
  const lastLines = ['thread main panicked', 'Authorization: Bearer [redacted]']
  assert.deepEqual(await topology.death(), { name: 'ccr-rust 1.3.0', how: 'exit status 137', lastLines })
})

test('if the whole container ended, only that is reported', { skip, timeout }, async (t) => {
  const { gateway, topology, seen } = await findKept(t)
  // The keeper first, because it would record the gateway's end.
  process.kill(gateway.keeperPid, 'SIGKILL')
  await gateway.keeperEnded
  process.kill(seen.pid, 'SIGKILL')
  await until(() => !isAlive(seen.pid))
  assert.deepEqual(await topology.death(), { name: 'ccr-rust 1.3.0', how: 'its container ended', lastLines: [] })
})
