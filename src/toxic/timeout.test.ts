import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pattern, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { until } from '../../test/fixtures/until.ts'
import { nowNs } from '../base/clock.ts'

describe('timeout', { timeout: 60_000 }, () => {
  it('drops all bytes, and closes both sides no earlier than its timeout', async (t) => {
    const startNs = nowNs()
    const { dial, proxy } = await wireOf(t, ['timeout=60ms'])
    const { client, server } = await dial()
    client.socket.write('the other direction is open')
    server.socket.write(pattern(100_000))
    const { how, atNs } = await client.over
    assert.equal(how, 'end')
    assert.ok(atNs - startNs >= 60e6)
    assert.deepEqual(client.reads, [])
    assert.equal(server.bytes().toString(), 'the other direction is open')
    assert.match((await server.over).how, /end|ECONNRESET/)
    client.socket.end()
    await until(() => proxy.connections() === 0)
  })

  it('closes the connection even if the client does not close its side', async (t) => {
    const { dial, proxy } = await wireOf(t, ['timeout=1ms'])
    const { client } = await dial()
    assert.equal((await client.over).how, 'end')
    await until(() => proxy.connections() === 0)
  })

  it('with 0 never closes the connection, and passes the end', async (t) => {
    const { dial } = await wireOf(t, ['timeout=0,stream=upstream'])
    const { client, server } = await dial()
    // More than the limit for held bytes, because dropped bytes must not count as held.
    client.socket.end(pattern(5_000_000))
    assert.equal((await server.over).how, 'end')
    assert.deepEqual(server.reads, [])
    server.socket.end('still open')
    assert.equal((await client.over).how, 'end')
    assert.equal(client.bytes().toString(), 'still open')
  })
})
