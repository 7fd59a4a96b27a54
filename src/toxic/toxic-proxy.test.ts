import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '../../test/fixtures/free-port.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { pattern, startWire, toxicOf, watch, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { until } from '../../test/fixtures/until.ts'
import { EnvironmentError } from '../base/errors.ts'
import { heldLimitBytes } from './link.ts'
import { startToxicProxy } from './toxic-proxy.ts'

const options = {
  host: '127.0.0.1',
  port: 0,
  upstream: { host: '127.0.0.1', port: 1 },
  toxics: [],
  seed: 1,
  log: silentLog,
}

describe('a proxy without toxics', { timeout: 60_000 }, () => {
  it('passes bytes unchanged both ways, and the end of each direction separately', async (t) => {
    const { dial, proxy } = await wireOf(t, [])
    for (const [first, second] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      const pair = await dial()
      pair[first].socket.end(pattern(1_000_000))
      assert.equal((await pair[second].over).how, 'end')
      assert.deepEqual(pair[second].bytes(), pattern(1_000_000))
      pair[second].socket.end(pattern(300_000))
      assert.equal((await pair[first].over).how, 'end')
      assert.deepEqual(pair[first].bytes(), pattern(300_000))
    }
    await until(() => proxy.connections() === 0)
  })

  for (const [from, to] of [
    ['client', 'server'],
    ['server', 'client'],
  ] as const) {
    it(`passes on a reset by the ${from} after the bytes before it`, async (t) => {
      const { dial, proxy } = await wireOf(t, [])
      const pair = await dial()
      pair[from].socket.write('abc')
      await pair[to].until(3)
      pair[from].socket.resetAndDestroy()
      assert.equal((await pair[to].over).how, 'ECONNRESET')
      await until(() => proxy.connections() === 0)
    })

    it(`passes on a reset by the ${from} after the ${from} has ended its side`, async (t) => {
      const { dial, proxy } = await wireOf(t, [])
      const pair = await dial()
      pair[from].socket.end()
      assert.equal((await pair[to].over).how, 'end')
      const { promise: failed, resolve } = Promise.withResolvers<string>()
      pair[to].socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''))
      // The other socket is never read, so it notices the reset only when it writes.
      pair[from].socket.resetAndDestroy()
      const write = setInterval(() => pair[to].socket.write('x'), 5)
      t.after(() => clearInterval(write))
      assert.match(await failed, /ECONNRESET|EPIPE/)
      await until(() => proxy.connections() === 0)
    })
  }

  it('resets the client at once if the upstream refuses, whatever the toxics', async (t) => {
    const [port = 0] = await freePorts(1)
    const toxics = ['latency=3600s', 'slow_close=3600s'].map(toxicOf)
    const proxy = await startToxicProxy({ ...options, upstream: { host: '127.0.0.1', port }, toxics })
    t.after(() => proxy[Symbol.asyncDispose]())
    const client = watch(connect(proxy.port, '127.0.0.1'))
    assert.equal((await client.over).how, 'ECONNRESET')
    await until(() => proxy.connections() === 0)
  })

  it('has a valid URL for an IPv6 address', async (t) => {
    const proxy = await startToxicProxy({ ...options, host: '::1' })
    t.after(() => proxy[Symbol.asyncDispose]())
    assert.equal(proxy.url, `http://[::1]:${proxy.port}`)
  })

  it('reports a port in use with host, port and remedy', async (t) => {
    const { proxy } = await wireOf(t, [])
    await assert.rejects(startToxicProxy({ ...options, port: proxy.port }), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${proxy.port}: the port is in use. .*--port`))
      return true
    })
  })

  it('handles and counts 500 connections at once, each with its own bytes', async (t) => {
    const { dial, proxy } = await wireOf(t, [])
    const pairs = await Promise.all(Array.from({ length: 500 }, () => dial()))
    assert.equal(proxy.connections(), 500)
    await Promise.all(
      pairs.map(async ({ client, server }, i) => {
        server.socket.pipe(server.socket)
        client.socket.end(`connection ${i}`)
        assert.equal((await client.over).how, 'end')
        assert.equal(client.bytes().toString(), `connection ${i}`)
      }),
    )
    await until(() => proxy.connections() === 0)
  })
})

describe('a proxy that is disposed of', { timeout: 60_000 }, () => {
  it('closes open connections, frees its port, and leaves no socket or timer', async () => {
    const resources = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Immediate/.test(name))
    await until(() => resources().length === 0)
    const toxics = ['latency=3600s', 'bandwidth=1KB/s,stream=upstream', 'timeout=3600s'].map(toxicOf)
    const wire = await startWire(toxics)
    const pairs = await Promise.all([wire.dial(), wire.dial(), wire.dial()])
    for (const { client, server } of pairs) {
      client.socket.write(pattern(100_000))
      server.socket.write(pattern(1000))
    }
    await pairs[0]?.server.until(1)
    await Promise.all([wire.proxy[Symbol.asyncDispose](), wire.proxy[Symbol.asyncDispose]()])
    await Promise.all(pairs.flatMap(({ client, server }) => [client.over, server.over]))
    assert.equal(wire.proxy.connections(), 0)
    const again = createServer().listen(wire.proxy.port, '127.0.0.1')
    await once(again, 'listening')
    await once(again.close(), 'close')
    await wire[Symbol.asyncDispose]()
    await until(() => !resources().includes('TCPSocketWrap'))
    assert.deepEqual(resources(), [])
  })
})

/** More than the socket buffers of both connections (Linux defaults: 6 MB to read, 4 MB to write) and ours can hold. */
const muchBytes = 64_000_000
const boundBytes = 32_000_000

describe('a reader that does not read', { timeout: 60_000 }, () => {
  for (const toxics of [[], ['latency=1ms', 'slicer=9000'], ['bandwidth=100MB/s', 'limit_data=1000MB']]) {
    it(`pauses its source without growing memory, then gets every byte (${toxics.join(' ') || 'no toxic'})`, async (t) => {
      const { dial } = await wireOf(t, toxics)
      const { client, server } = await dial()
      client.socket.pause()
      const source = fill(server.socket)
      await source.full()
      const takenBytes = source.takenBytes()
      assert.ok(takenBytes < boundBytes, `${takenBytes} bytes were taken`)
      let gotBytes = 0
      client.socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
        assert.ok(bytes.equals(expected(gotBytes, bytes.length)), `other bytes after ${gotBytes}`)
        gotBytes += bytes.length
      })
      client.socket.resume()
      assert.equal((await client.over).how, 'end')
      assert.equal(gotBytes, muchBytes)
    })
  }

  it('pauses its source in the same way as a toxic that passes nothing yet', async (t) => {
    const { dial } = await wireOf(t, ['latency=3600s'])
    const { server } = await dial()
    const source = fill(server.socket)
    await source.full()
    const takenBytes = source.takenBytes()
    assert.ok(takenBytes > heldLimitBytes)
    assert.ok(takenBytes < boundBytes / 2, `${takenBytes} bytes were taken`)
  })
})

const piece = pattern(64_000)

/** Writes many bytes to a socket as it accepts them, and ends it. */
function fill(socket: Socket) {
  let takenBytes = 0
  const write = () => {
    while (takenBytes < muchBytes) {
      takenBytes += piece.length
      if (!socket.write(piece)) return
    }
    socket.end()
  }
  socket.on('drain', write)
  write()
  return {
    takenBytes: () => takenBytes,
    /** Waits until nothing has been accepted for a while. */
    full: async () => {
      for (let before = -1; before !== takenBytes; ) {
        before = takenBytes
        await delay(100)
      }
    },
  }
}

/** The bytes that `fill` writes from this offset. */
function expected(from: number, sizeBytes: number): Buffer {
  const start = from % piece.length
  const copies = Math.ceil((start + sizeBytes) / piece.length)
  return Buffer.concat(Array.from({ length: copies }, () => piece)).subarray(start, start + sizeBytes)
}
