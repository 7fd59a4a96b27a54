import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { platform } from 'node:os'
import { type TestContext, test } from 'node:test'
import { freePorts, isFree } from '../../test/fixtures/free-port.ts'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { reservePorts } from './ports.ts'

const skip = platform() !== 'linux' && 'needs abstract sockets'

async function takenPort(t: TestContext, host: string): Promise<number> {
  const server = createServer().listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function twoUses() {
  const [a, b] = (await freePorts(2)) as [number, number]
  return [
    { port: a, flag: '--mock-port' },
    { port: b, flag: '--ccr-port' },
  ]
}

test('free ports are reserved without being opened, and can be reserved again after a release', async () => {
  const uses = await twoUses()
  for (let i = 0; i < 2; i++) {
    await using reserved = await reservePorts(uses)
    assert.deepEqual(
      reserved.ports,
      uses.map(({ port }) => port),
    )
    for (const { port } of uses) assert.ok(await isFree(port))
  }
})

test('every port in use is named with its flag and the process, even if it is in use on all addresses', async (t) => {
  const mock = await takenPort(t, '127.0.0.1')
  const gateway = await takenPort(t, '0.0.0.0')
  const uses = [
    { port: mock, flag: '--mock-port' },
    { port: gateway, flag: '--ccr-port' },
  ]
  const owner = platform() === 'linux' ? ` by node \\(pid ${process.pid}\\)` : ''
  await assert.rejects(reservePorts(uses), (error) => {
    assert.ok(error instanceof EnvironmentError)
    const [first = '', second = '', ...rest] = error.message.split('\n')
    assert.match(first, new RegExp(`^--mock-port: port ${mock} is in use on 127.0.0.1${owner}. `))
    assert.match(second, new RegExp(`^--ccr-port: port ${gateway} is in use on 127.0.0.1${owner}. `))
    assert.deepEqual(rest, [])
    return true
  })
})

test('if 20 runs request the same two ports at once, in either role, exactly one gets them', { skip }, async () => {
  const uses = await twoUses()
  const flags = uses.map(({ flag }) => flag)
  const swapped = uses.map(({ port }, i) => ({ port, flag: flags[1 - i] as string }))
  const tries = Array.from({ length: 20 }, (_, i) => reservePorts(i % 2 === 0 ? uses : swapped))
  const settled = await Promise.allSettled(tries)
  const reserved = settled.filter((result) => result.status === 'fulfilled')
  assert.equal(reserved.length, 1)
  for (const result of settled) {
    if (result.status === 'fulfilled') continue
    assert.ok(result.reason instanceof EnvironmentError)
    const message = new RegExp(
      `^--.*: port \\d+ is in use .* by another run of ccr-sse-stress, node \\(pid ${process.pid}\\)`,
    )
    assert.match(result.reason.message, message)
  }
  reserved[0]?.value.release()
})

test('a failure releases the reserved ports', { skip }, async (t) => {
  const taken = await takenPort(t, '127.0.0.1')
  const [use] = await twoUses()
  assert.ok(use)
  await assert.rejects(reservePorts([use, { port: taken, flag: '--ccr-port' }]), EnvironmentError)
  await using _ = await reservePorts([use])
})

test('port 0 is any port that is free and not reserved', async () => {
  await using reserved = await reservePorts(Array.from({ length: 20 }, () => ({ port: 0, flag: '--mock-port' })))
  assert.equal(new Set(reserved.ports).size, 20)
  for (const port of reserved.ports) assert.ok(await isFree(port))
  if (skip) return
  for (const port of reserved.ports)
    await assert.rejects(reservePorts([{ port, flag: '--mock-port' }]), EnvironmentError)
})

test('the same port twice is a usage error', async () => {
  const uses = [
    { port: 9999, flag: '--mock-port' },
    { port: 9999, flag: '--ccr-port' },
  ]
  await assert.rejects(reservePorts(uses), UsageError)
})
