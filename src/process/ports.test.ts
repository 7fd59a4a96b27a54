import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { freePorts } from '../../test/fixtures/free-port.ts'
import { EnvironmentError, UsageError } from '../base/errors.ts'
import { checkPortsFree } from './ports.ts'

async function takenPort(t: TestContext, host: string): Promise<number> {
  const server = createServer().listen(0, host)
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('free ports pass, and are still free afterwards', async () => {
  const [a, b] = (await freePorts(2)) as [number, number]
  const uses = [
    { port: a, flag: '--mock-port' },
    { port: b, flag: '--ccr-port' },
  ]
  await checkPortsFree(uses)
  await checkPortsFree(uses)
})

test('every port in use is named with its flag, even if it is in use on all addresses', async (t) => {
  const mock = await takenPort(t, '127.0.0.1')
  const gateway = await takenPort(t, '0.0.0.0')
  const uses = [
    { port: mock, flag: '--mock-port' },
    { port: gateway, flag: '--ccr-port' },
  ]
  await assert.rejects(checkPortsFree(uses), (error) => {
    assert.ok(error instanceof EnvironmentError)
    const [first, second, ...rest] = error.message.split('\n')
    assert.ok(first?.startsWith(`--mock-port: port ${mock} is in use on 127.0.0.1. `), first)
    assert.ok(second?.startsWith(`--ccr-port: port ${gateway} is in use on 127.0.0.1. `), second)
    assert.deepEqual(rest, [])
    return true
  })
})

test('the same port twice is a usage error', async () => {
  const uses = [
    { port: 9999, flag: '--mock-port' },
    { port: 9999, flag: '--ccr-port' },
  ]
  await assert.rejects(checkPortsFree(uses), UsageError)
})
