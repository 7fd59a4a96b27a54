import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { EnvironmentError } from '../base/errors.ts'
import { addressOf, atAddress, hostOf } from './address.ts'
import { healthFault } from './readiness.ts'

const both = async () => ['127.0.0.1', '::1']

async function serverOn(t: TestContext, host: string, status: number, port = 0): Promise<number> {
  const server = createServer((_, response) => response.writeHead(status).end()).listen(port, host)
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('the first of several addresses that accepts a connection is used, IPv6 too', async (t) => {
  const four = await serverOn(t, '127.0.0.1', 200)
  const six = await serverOn(t, '::1', 200)
  assert.equal(await addressOf(`http://localhost:${four}`, undefined, both), '127.0.0.1')
  assert.equal(await addressOf(`http://localhost:${six}`, undefined, both), '::1')
})

test('with different servers on the addresses of a name, the healthy one is used', async (t) => {
  const port = await serverOn(t, '127.0.0.1', 503)
  await serverOn(t, '::1', 200, port)
  const url = `http://localhost:${port}`
  const isHealthyAt = async (address: string) => (await healthFault(url, { address })) === undefined
  assert.equal(await addressOf(url, isHealthyAt, both), '::1')
  assert.equal(await healthFault(url, { address: '127.0.0.1' }), 'HTTP 503')
})

test('if no address answers, it is the first; a name without an address is an environment error', async () => {
  assert.equal(await addressOf('http://localhost:1', undefined, both), '127.0.0.1')
  assert.equal(await addressOf('http://localhost:1', async () => false, both), '127.0.0.1')
  await assert.rejects(
    addressOf('http://nowhere.invalid'),
    (error) => error instanceof EnvironmentError && error.message.startsWith('nowhere.invalid: no address found'),
  )
})

test('an address needs no lookup', async () => {
  assert.equal(await addressOf('http://[::1]:1'), '::1')
  assert.equal(await addressOf('http://127.0.0.1:1'), '127.0.0.1')
  assert.equal(hostOf('http://[::1]:1/v1'), '::1')
})

test('a URL can have an address instead of its name', () => {
  assert.equal(atAddress('http://localhost:3456', '::1'), 'http://[::1]:3456')
  assert.equal(atAddress('http://localhost:3456/v1', '127.0.0.1'), 'http://127.0.0.1:3456/v1')
})
