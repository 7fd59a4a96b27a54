import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { watch } from '../../test/fixtures/toxic-wire.ts'
import { resetSocket } from './close-socket.ts'

/** Both ends of a connection. */
async function connectPair(t: TestContext): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')])
  t.after(() => far.destroy())
  return [near, far]
}

describe('resetting a socket', { timeout: 60_000 }, () => {
  it('resets the connection for the peer', async (t) => {
    const [near, far] = await connectPair(t)
    const end = watch(far)
    near.write('abc')
    await end.until(3)
    resetSocket(near)
    assert.equal((await end.over).how, 'ECONNRESET')
  })

  it('closes a socket even while its FIN is being sent', async (t) => {
    const [near, far] = await connectPair(t)
    far.on('error', () => undefined).resume()
    const closed = once(near, 'close')
    near.end()
    // The FIN is now requested but not sent: `resetAndDestroy` would fail with EINVAL and leak the descriptor.
    await new Promise<void>((resolve) => process.nextTick(() => process.nextTick(resolve)))
    assert.ok(near.writableEnded && !near.writableFinished)
    resetSocket(near)
    assert.deepEqual(await closed, [false])
  })

  it('closes a socket that is still connecting', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
    resetSocket(near)
    assert.deepEqual(await once(near, 'close'), [false])
  })
})
