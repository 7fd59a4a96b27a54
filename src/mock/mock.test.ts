import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { ask } from '../../test/fixtures/http-ask.ts'
import { streamBody, testMock } from '../../test/fixtures/mock-asks.ts'
import { openRaw, postText } from '../../test/fixtures/raw-connection.ts'
import { silentLog } from '../../test/fixtures/silent-log.ts'
import { until } from '../../test/fixtures/until.ts'
import { EnvironmentError } from '../base/errors.ts'
import { startMock } from './mock.ts'

const options = { host: '127.0.0.1', port: 0, chunks: 2, delayMs: 1, log: silentLog }
const stuck = postText(
  '/v1/messages',
  streamBody('anthropic-messages', '[plan seed=1 stream=1 chunks=2 delay_ms=9999]'),
)

describe('the mock', () => {
  it('reports that it is healthy', async (t) => {
    const mock = await testMock(t)
    const { status, headers, text } = await ask(`${mock.url}/health`)
    assert.deepEqual([status, text], [200, 'ok'])
    assert.match(String(headers['content-type']), /^text\/plain/)
  })

  it('reports a port in use with the host, the port and what to do', async (t) => {
    const mock = await testMock(t)
    await assert.rejects(startMock({ ...options, port: mock.port }), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${mock.port}: the port is in use. .*--port`))
      assert.ok(error.cause instanceof Error)
      return true
    })
  })

  it('reports a host address that this machine does not have', async () => {
    await assert.rejects(startMock({ ...options, host: '192.0.2.1' }), (error) => {
      assert.ok(error instanceof EnvironmentError)
      assert.match(error.message, /192\.0\.2\.1:0: .*--host/)
      return true
    })
  })

  it('has a valid URL for an IPv6 address', async (t) => {
    const mock = await startMock({ ...options, host: '::1' })
    t.after(() => mock[Symbol.asyncDispose]())
    assert.equal(mock.url, `http://[::1]:${mock.port}`)
    assert.equal((await ask(`${mock.url}/health`)).text, 'ok')
  })

  it('closes streams, frees its port, and leaves nothing behind when disposed', async () => {
    const resources = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|Immediate/.test(name))
    await until(() => resources().length === 0)
    const mock = await startMock(options)
    const connections = await Promise.all([openRaw(mock.url), openRaw(mock.url), openRaw(mock.url)])
    const [streaming, reading] = connections
    streaming.socket.write(stuck)
    reading.socket.write(stuck.slice(0, -1))
    await streaming.until((text) => text.includes('content_block_delta'))
    await Promise.all([mock[Symbol.asyncDispose](), mock[Symbol.asyncDispose]()])
    const [text] = await Promise.all(connections.map(({ ended }) => ended()))
    assert.doesNotMatch(text as string, /message_stop/)
    assert.equal(mock.stats().streamsOpen, 0)
    assert.equal(mock.stats().streamsServed, 0)
    assert.deepEqual(resources(), [])
    const again = createServer().listen(mock.port, '127.0.0.1')
    await once(again, 'listening')
    again.close()
    await once(again, 'close')
  })
})
