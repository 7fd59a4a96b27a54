import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pattern, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { until } from '../../test/fixtures/until.ts'
import { nowNs } from '../base/clock.ts'

describe('reset_peer', { timeout: 60_000 }, () => {
  it('with 0 resets both sides at the first bytes, which are dropped', async (t) => {
    const { dial, proxy } = await wireOf(t, ['reset_peer=0'])
    const { client, server } = await dial()
    client.socket.write('the other direction is open')
    await server.until(1)
    server.socket.write('abc')
    assert.equal((await client.over).how, 'ECONNRESET')
    assert.equal((await server.over).how, 'ECONNRESET')
    assert.deepEqual(client.reads, [])
    assert.equal(proxy.connections(), 0)
  })

  it('passes the first bytes, and resets both sides no earlier than the timeout after them', async (t) => {
    const { dial } = await wireOf(t, ['reset_peer=50ms'])
    const { client, server } = await dial()
    const startNs = nowNs()
    server.socket.write('abc')
    const ends = await Promise.all([client.over, server.over])
    for (const { how, atNs } of ends) {
      assert.equal(how, 'ECONNRESET')
      assert.ok(atNs - startNs >= 50e6)
    }
    assert.equal(client.bytes().toString(), 'abc')
  })

  it('resets a connection whose source has already ended', async (t) => {
    const { dial } = await wireOf(t, ['reset_peer=20ms'])
    const { client, server } = await dial()
    server.socket.end('abc')
    assert.equal((await client.over).how, 'ECONNRESET')
    assert.equal(client.bytes().toString(), 'abc')
  })

  it('resets a client that does not read', async (t) => {
    const { dial, proxy } = await wireOf(t, ['reset_peer=20ms'])
    const { client, server } = await dial()
    client.socket.pause()
    server.socket.write(pattern(30_000_000))
    assert.match((await server.over).how, /ECONNRESET|EPIPE/)
    await until(() => proxy.connections() === 0)
  })

  it('does not affect a connection without bytes in its direction', async (t) => {
    const { dial } = await wireOf(t, ['reset_peer=0,stream=upstream'])
    const { client, server } = await dial()
    server.socket.end(pattern(100_000))
    assert.equal((await client.over).how, 'end')
    assert.deepEqual(client.bytes(), pattern(100_000))
  })
})
