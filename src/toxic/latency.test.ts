import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pattern, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { nowNs } from '../base/clock.ts'

describe('latency', { timeout: 60_000 }, () => {
  it('delays bytes and the end by at least the latency', async (t) => {
    const { dial } = await wireOf(t, ['latency=40ms'])
    const { client, server } = await dial()
    const startNs = nowNs()
    server.socket.write('abc')
    await client.until(3)
    assert.ok((client.reads[0]?.atNs ?? 0) - startNs >= 40e6)
    const endNs = nowNs()
    server.socket.end()
    const { how, atNs } = await client.over
    assert.equal(how, 'end')
    assert.ok(atNs - endNs >= 40e6)
  })

  it('with jitter keeps the minimum delay and the order', async (t) => {
    const { dial } = await wireOf(t, ['latency=30ms,jitter=20ms'])
    const { client, server } = await dial()
    const startNs = nowNs()
    for (let i = 0; i < 50; i++) {
      server.socket.write(pattern(50_000).subarray(i * 1000, (i + 1) * 1000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    server.socket.end()
    assert.equal((await client.over).how, 'end')
    assert.ok((client.reads[0]?.atNs ?? 0) - startNs >= 10e6)
    assert.deepEqual(client.bytes(), pattern(50_000))
  })

  it('does not affect the other direction', async (t) => {
    const { dial } = await wireOf(t, ['latency=3600s,stream=upstream'])
    const { client, server } = await dial()
    client.socket.write('held')
    server.socket.end('let through')
    assert.equal((await client.over).how, 'end')
    assert.equal(client.bytes().toString(), 'let through')
    assert.deepEqual(server.reads, [])
  })

  it('adds to the delay of another latency', async (t) => {
    const { dial } = await wireOf(t, ['latency=30ms', 'latency=25ms'])
    const { client, server } = await dial()
    const startNs = nowNs()
    server.socket.write('abc')
    await client.until(3)
    assert.ok((client.reads[0]?.atNs ?? 0) - startNs >= 55e6)
  })

  for (const [from, to, stream] of [
    ['server', 'client', 'downstream'],
    ['client', 'server', 'upstream'],
  ] as const) {
    it(`passes on a reset by the ${from} after the bytes before it`, async (t) => {
      const { dial } = await wireOf(t, [`latency=40ms,stream=${stream}`])
      const pair = await dial()
      // By now the proxy is connected to the server.
      pair[to].socket.write('x')
      await pair[from].until(1)
      const startNs = nowNs()
      pair[from].socket.write('abc', () => pair[from].socket.resetAndDestroy())
      const { how, atNs } = await pair[to].over
      assert.equal(how, 'ECONNRESET')
      assert.ok(atNs - startNs >= 40e6)
      assert.equal(pair[to].bytes().toString(), 'abc')
    })
  }
})
