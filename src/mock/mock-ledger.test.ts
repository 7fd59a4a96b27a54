import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
import { type Answer, ask, parseEvents } from '../../test/fixtures/http-ask.ts'
import { streamBody, testMock, wholeBody } from '../../test/fixtures/mock-asks.ts'
import { openRaw, postText } from '../../test/fixtures/raw-connection.ts'
import { until } from '../../test/fixtures/until.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockStats } from '../model/mock-stats.ts'
import { protocolNames } from '../model/protocol-name.ts'
import { protocols } from '../protocol/protocols.ts'

const path = '/v1/chat/completions'
const streamOf = (plan: string) => postText(path, streamBody('openai-chat-completions', `[plan seed=1 ${plan}]`))
/** Only the first delta arrives during a test. */
const stuck = 'stream=1 chunks=2 delay_ms=3600000'
const firstDelta = /"content":"~/
const counts = ({ pacingError: _, instrument: __, ...rest }: MockStats) => rest

describe('the statistics of the mock', () => {
  for (const protocol of protocolNames) {
    it(`equal what a client read of ${protocol}, to the event and the byte`, async (t) => {
      const mock = await testMock(t)
      const prompts = [1, 2, 17].map((chunks, i) => `[plan seed=1 stream=${i} chunks=${chunks} delay_ms=0.5]`)
      const answers: Answer[] = []
      for (const prompt of prompts) {
        answers.push(await ask(mock.url + protocols[protocol].path, streamBody(protocol, prompt)))
      }
      const { text } = await ask(`${mock.url}/__mock/stats`)
      const stats = JSON.parse(text) as MockStats
      const { instrument: [now] = [], ...parsed } = mock.stats()
      const { instrument: [then] = [], ...read } = stats
      assert.deepEqual(read, parsed)
      assert.ok((then?.wallMs ?? 0) > 0 && (then?.wallMs ?? 0) < (now?.wallMs ?? 0))
      assert.deepEqual(counts(stats), {
        streamsOpen: 0,
        streamsPeak: 1,
        streamsServed: 3,
        streamsAborted: 0,
        requests: 3,
        deltasSent: 20,
        eventsSent: answers.reduce((sum, { events }) => sum + events.length, 0),
        bytesSent: answers.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
      })
      assert.equal(stats.pacingError.n, 20)
      assert.equal(Histogram.from(stats.pacingError).n, 20)
    })
  }

  it('report the highest number of streams open at once as the peak', async (t) => {
    const mock = await testMock(t)
    const open = async () => {
      const connection = await openRaw(mock.url)
      connection.socket.write(streamOf(stuck))
      await connection.until((text) => firstDelta.test(text))
      return connection
    }
    const five = await Promise.all([open(), open(), open(), open(), open()])
    for (const { socket } of five.slice(2)) socket.destroy()
    await until(() => mock.stats().streamsOpen === 2)
    await open()
    assert.equal(mock.stats().streamsOpen, 3)
    assert.equal(mock.stats().streamsPeak, 5)
  })

  it('count non-streaming and rejected requests as requests, not as streams', async (t) => {
    const mock = await testMock(t)
    await ask(mock.url + path, wholeBody('openai-chat-completions', 'x'))
    await ask(mock.url + path, '{')
    const { requests, streamsPeak, eventsSent, bytesSent } = mock.stats()
    assert.deepEqual(
      { requests, streamsPeak, eventsSent, bytesSent },
      { requests: 2, streamsPeak: 0, eventsSent: 0, bytesSent: 0 },
    )
  })

  it('are reset by a DELETE, except for open streams', async (t) => {
    const mock = await testMock(t)
    await ask(mock.url + path, streamBody('openai-chat-completions', 'x'))
    const connection = await openRaw(mock.url)
    connection.socket.write(streamOf(stuck))
    await connection.until((text) => firstDelta.test(text))
    assert.equal((await ask(`${mock.url}/__mock/stats`, undefined, 'DELETE')).status, 204)
    const stats = mock.stats()
    assert.deepEqual(counts(stats), {
      streamsOpen: 1,
      streamsPeak: 1,
      streamsServed: 0,
      streamsAborted: 0,
      requests: 0,
      deltasSent: 0,
      eventsSent: 0,
      bytesSent: 0,
    })
    assert.equal(stats.pacingError.n, 0)
  })
})

describe('a client that disconnects', () => {
  for (const [how, leave] of [
    ['with a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['by closing the connection', (socket: Socket) => socket.destroy()],
    ['by closing its sending half', (socket: Socket) => socket.end()],
  ] as const) {
    it(`${how} in the middle of a stream is counted, and the stream is no longer open`, async (t) => {
      const mock = await testMock(t)
      const connection = await openRaw(mock.url)
      connection.socket.write(streamOf(stuck))
      await connection.until((text) => firstDelta.test(text))
      assert.equal(mock.stats().streamsOpen, 1)
      leave(connection.socket)
      await until(() => mock.stats().streamsOpen === 0)
      const { streamsAborted, streamsServed, streamsPeak, deltasSent } = mock.stats()
      assert.deepEqual(
        { streamsAborted, streamsServed, streamsPeak, deltasSent },
        { streamsAborted: 1, streamsServed: 0, streamsPeak: 1, deltasSent: 1 },
      )
    })
  }

  it('leaves no timer for its next delta', async (t) => {
    const mock = await testMock(t)
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const connection = await openRaw(mock.url)
    connection.socket.write(streamOf(stuck))
    await connection.until((text) => firstDelta.test(text))
    const waiting = timers()
    connection.socket.destroy()
    await until(() => mock.stats().streamsOpen === 0)
    assert.equal(timers(), waiting - 1)
  })

  it('ends its pipelined streams as well', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    t.after(() => process.off('warning', warn))
    connection.socket.write(streamOf(stuck).repeat(12))
    await connection.until((text) => firstDelta.test(text))
    await until(() => mock.stats().streamsOpen === 12)
    connection.socket.resetAndDestroy()
    await until(() => mock.stats().streamsOpen === 0)
    assert.equal(mock.stats().streamsAborted, 12)
    assert.deepEqual(warnings, [])
  })

  it('before it has read a completely written stream does not count as served', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.pause()
    connection.socket.write(streamOf('stream=1 chunks=200000 delay_ms=0'))
    await until(() => mock.stats().deltasSent > 100)
    connection.socket.resetAndDestroy()
    await until(() => mock.stats().streamsOpen === 0)
    assert.equal(mock.stats().streamsAborted, 1)
    assert.equal(mock.stats().streamsServed, 0)
  })
})

describe('a connection', () => {
  it('carries one stream after another', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    const streams: string[] = []
    for (const stream of [1, 2]) {
      const before = connection.text().length
      connection.socket.write(streamOf(`stream=${stream} chunks=4 delay_ms=0.5`))
      const text = await connection.until((text) => text.slice(before).includes('[DONE]') && text.endsWith('0\r\n\r\n'))
      streams.push(text.slice(before))
    }
    for (const stream of streams) {
      const { complete, body, trailingBytes } = decodeResponse([Buffer.from(stream, 'latin1')])
      assert.ok(complete && trailingBytes === 0)
      assert.equal(parseEvents(body).length, 8)
    }
    assert.equal(connection.socket.closed, false)
    // Above the 90 s for which gateways keep idle connections.
    assert.match(streams[0] as string, /keep-alive: timeout=120/i)
    assert.equal(mock.stats().streamsServed, 2)
    assert.equal(mock.stats().streamsPeak, 1)
  })

  it('carries pipelined streams one after another', async (t) => {
    const mock = await testMock(t)
    const connection = await openRaw(mock.url)
    connection.socket.write([3, 2, 1].map((n) => streamOf(`stream=${n} chunks=${n} delay_ms=1`)).join(''))
    const text = await connection.until((text) => text.split('[DONE]').length === 4 && text.endsWith('0\r\n\r\n'))
    assert.deepEqual(
      [...text.matchAll(/x-mock-chunks: (\d)|(\[DONE\])/gi)].map(([all, chunks]) => chunks ?? all),
      ['3', '[DONE]', '2', '[DONE]', '1', '[DONE]'],
    )
    assert.equal(mock.stats().streamsServed, 3)
  })
})
