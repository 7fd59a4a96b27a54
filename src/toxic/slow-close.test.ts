import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wireOf } from '../../test/fixtures/toxic-wire.ts'
import { nowNs } from '../base/clock.ts'

describe('slow_close', { timeout: 60_000 }, () => {
  it('delays the end by at least the delay, but not the bytes before it', async (t) => {
    const { dial } = await wireOf(t, ['slow_close=50ms'])
    const { client, server } = await dial()
    const startNs = nowNs()
    server.socket.end('abc')
    await client.until(3)
    const { how, atNs } = await client.over
    assert.equal(how, 'end')
    assert.ok(atNs - startNs >= 50e6)
    assert.ok((client.reads[0]?.atNs ?? 0) < atNs)
  })

  it('does not delay bytes or the other direction', async (t) => {
    const { dial } = await wireOf(t, ['slow_close=3600s'])
    const { client, server } = await dial()
    server.socket.end('abc')
    client.socket.end('def')
    await client.until(3)
    assert.equal((await server.over).how, 'end')
    assert.equal(server.bytes().toString(), 'def')
  })

  it('passes on a reset by the source while its end is still delayed', async (t) => {
    const { dial, proxy } = await wireOf(t, ['slow_close=100ms,stream=upstream'])
    const { client, server } = await dial()
    client.socket.end('abc')
    await server.until(3)
    client.socket.resetAndDestroy()
    // Makes the proxy notice that the client has disconnected.
    const write = setInterval(() => server.socket.write('x'), 5)
    t.after(() => clearInterval(write))
    assert.equal((await server.over).how, 'ECONNRESET')
    assert.equal(proxy.connections(), 0)
  })
})
