import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pattern, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { until } from '../../test/fixtures/until.ts'
import { nowNs } from '../base/clock.ts'

const ways = [
  ['downstream', 'server', 'client'],
  ['upstream', 'client', 'server'],
] as const

describe('limit_data', { timeout: 60_000 }, () => {
  for (const [stream, from, to] of ways) {
    it(`passes exactly the limit ${stream} and closes both sides`, async (t) => {
      const { dial, proxy } = await wireOf(t, [`limit_data=300001,stream=${stream}`])
      const pair = await dial()
      pair[from].socket.on('error', () => undefined).write(pattern(2_000_000))
      assert.equal((await pair[to].over).how, 'end')
      assert.deepEqual(pair[to].bytes(), pattern(300_001))
      await pair[from].over
      pair[to].socket.end()
      await until(() => proxy.connections() === 0)
    })
  }

  it('counts over several reads', async (t) => {
    const { dial } = await wireOf(t, ['limit_data=1050'])
    const { client, server } = await dial()
    for (let i = 1; i <= 10; i++) {
      server.socket.write(pattern(1000).subarray((i - 1) * 100, i * 100))
      await client.until(i * 100)
    }
    server.socket.write(pattern(100))
    assert.equal((await client.over).how, 'end')
    assert.equal(client.bytes().length, 1050)
  })

  it('closes as soon as the last allowed byte has passed', async (t) => {
    const { dial } = await wireOf(t, ['limit_data=3'])
    const { client, server } = await dial()
    server.socket.write('abc')
    assert.equal((await client.over).how, 'end')
    assert.equal(client.bytes().toString(), 'abc')
    await server.over
  })

  it('with 0 closes at the first byte', async (t) => {
    const { dial } = await wireOf(t, ['limit_data=0'])
    const { client, server } = await dial()
    server.socket.write('abc')
    assert.equal((await client.over).how, 'end')
    assert.deepEqual(client.reads, [])
  })

  it('does not affect a connection with fewer bytes', async (t) => {
    const { dial } = await wireOf(t, ['limit_data=1001'])
    const { client, server } = await dial()
    server.socket.end(pattern(1000))
    assert.equal((await client.over).how, 'end')
    assert.deepEqual(client.bytes(), pattern(1000))
    client.socket.end('still open')
    assert.equal((await server.over).how, 'end')
    assert.equal(server.bytes().toString(), 'still open')
  })

  it('delivers all allowed bytes to a slow reader that keeps sending', async (t) => {
    const { dial } = await wireOf(t, ['limit_data=2MB'])
    const { client, server } = await dial()
    client.socket.pause()
    const send = setInterval(() => client.socket.write(pattern(1000)), 1)
    t.after(() => clearInterval(send))
    server.socket.on('error', () => undefined).write(pattern(8_000_000))
    // Everything is in the kernel now, and would be lost if the connection were closed with unread bytes of the client.
    await server.over
    clearInterval(send)
    client.socket.resume()
    assert.equal((await client.over).how, 'end')
    assert.deepEqual(client.bytes(), pattern(2_000_000))
  })

  it('ends the stream for the toxics after it, not for those before it', async (t) => {
    const behind = await (await wireOf(t, ['limit_data=3', 'slow_close=50ms', 'latency=30ms'])).dial()
    const startNs = nowNs()
    behind.server.socket.write('abcdef')
    const { how, atNs } = await behind.client.over
    assert.equal(how, 'end')
    assert.equal(behind.client.bytes().toString(), 'abc')
    assert.ok(atNs - startNs >= 80e6)
    const before = await (await wireOf(t, ['slow_close=3600s', 'limit_data=3'])).dial()
    before.server.socket.write('abcdef')
    assert.equal((await before.client.over).how, 'end')
    assert.equal(before.client.bytes().toString(), 'abc')
  })
})
