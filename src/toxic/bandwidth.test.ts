import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pattern, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { nowNs } from '../base/clock.ts'

describe('bandwidth', { timeout: 60_000 }, () => {
  it('passes no byte earlier than the rate allows, and splits large reads', async (t) => {
    const { dial } = await wireOf(t, ['bandwidth=20KB/s'])
    const { client, server } = await dial()
    const startNs = nowNs()
    server.socket.end(pattern(4000))
    assert.equal((await client.over).how, 'end')
    assert.deepEqual(client.bytes(), pattern(4000))
    assert.ok(client.reads.length > 1)
    let sizeBytes = 0
    for (const { bytes, atNs } of client.reads) {
      sizeBytes += bytes.length
      assert.ok(atNs - startNs >= (sizeBytes / 20) * 1e6, `${sizeBytes} bytes came after ${atNs - startNs} ns`)
    }
  })

  it('takes earlier bytes into account', async (t) => {
    const { dial } = await wireOf(t, ['bandwidth=10KB/s,stream=upstream'])
    const { client, server } = await dial()
    const startNs = nowNs()
    for (let i = 0; i < 10; i++) {
      client.socket.write(pattern(1000).subarray(i * 100, (i + 1) * 100))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await server.until(1000)
    assert.ok(nowNs() - startNs >= 100e6)
    assert.deepEqual(server.bytes(), pattern(1000))
  })

  it('does not affect the other direction', async (t) => {
    const { dial } = await wireOf(t, ['bandwidth=0.001KB/s'])
    const { client, server } = await dial()
    server.socket.write(pattern(1_000_000))
    client.socket.end(pattern(3_000_000))
    assert.equal((await server.over).how, 'end')
    assert.deepEqual(server.bytes(), pattern(3_000_000))
  })
})
