import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { watch } from '../../test/fixtures/toxic-wire.ts'
import { reset } from './reset.ts'

/** Both ends of a connection. */
async function pairOf(t: TestContext): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')])
  t.after(() => far.destroy())
  return [near, far]
}

describe('a reset', { timeout: 60_000 }, () => {
  it('is one to the other side', async (t) => {
    const [near, far] = await pairOf(t)
    const end = watch(far)
    near.write('abc')
    await end.until(3)
    reset(near)
    assert.equal((await end.over).how, 'ECONNRESET')
  })

  it('of a socket whose FIN is on its way closes it all the same', async (t) => {
    const [near, far] = await pairOf(t)
    far.on('error', () => undefined).resume()
    const closed = once(near, 'close')
    near.end()
    // By now, the FIN is asked for and not yet sent: `resetAndDestroy` would fail with EINVAL and lose the descriptor.
    await new Promise<void>((resolve) => process.nextTick(() => process.nextTick(resolve)))
    assert.ok(near.writableEnded && !near.writableFinished)
    reset(near)
    assert.deepEqual(await closed, [false])
  })

  it('of a socket that is still connecting gives it up', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
    reset(near)
    assert.deepEqual(await once(near, 'close'), [false])
  })
})
