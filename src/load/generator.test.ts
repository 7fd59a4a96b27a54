import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { load, loadOne } from '../../test/fixtures/load.ts'
import { chunk, lastChunk, sseHead } from '../../test/fixtures/response-bytes.ts'
import { fin, pause, type Step, startScriptServer, withServer } from '../../test/fixtures/script-server.ts'
import { until } from '../../test/fixtures/until.ts'
import { eventsOf, wholeStream } from '../../test/fixtures/whole-streams.ts'
import { nowNs } from '../base/clock.ts'
import { protocolNames } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'
import { parsePlanMarker } from '../plan/key.ts'
import { protocols } from '../protocol/protocols.ts'
import { noProgress } from './generator.ts'

const whole = wholeStream['openai-chat-completions'](['one ', 'two ', 'three ', 'four '])
const events = eventsOf(whole)
const wholeScript: readonly Step[] = [sseHead, chunk(events.join('')), lastChunk]

/** The timestamps of a complete stream, in order. */
function instantsOf(record: StreamRecord): number[] {
  const { intendedNs, startedNs, connectedNs, requestSentNs, headersNs, firstByteNs, firstEventNs } = record
  const { firstDeltaNs, lastDeltaNs, lastByteNs, endedNs } = record
  const reached = [
    connectedNs,
    requestSentNs,
    headersNs,
    firstByteNs,
    firstEventNs,
    firstDeltaNs,
    lastDeltaNs,
    lastByteNs,
  ]
  return [intendedNs, startedNs, ...reached.map((instant) => instant ?? Number.NaN), endedNs]
}

describe('a load', () => {
  for (const protocol of protocolNames) {
    it(`requests ${protocol} with the plan in the prompt`, () =>
      withServer(wholeScript, async ({ baseUrl, requests }) => {
        await load(`${baseUrl}/base`, { protocol, streams: 2, seed: 5, chunks: 3, delayMs: 0.5 })
        const plans = requests.map((request) => {
          const [head = '', body = ''] = request.split('\r\n\r\n')
          assert.equal(head.split('\r\n')[0], `POST /base${protocols[protocol].path} HTTP/1.1`)
          assert.match(head, /^Host: 127\.0\.0\.1:\d+$/m)
          assert.match(head, /^Connection: close$/m)
          assert.match(head, /^Accept-Encoding: identity$/m)
          const { stream, model } = JSON.parse(body)
          assert.equal(stream, true)
          assert.equal(model, 'mock,mock-model')
          return parsePlanMarker(body)
        })
        const plan = { seed: 5, chunks: 3, delayMs: 0.5, deltaBytes: undefined, content: undefined, fault: undefined }
        assert.deepEqual(
          plans.sort((a, b) => Number(a?.stream) - Number(b?.stream)),
          [
            { ...plan, stream: 0 },
            { ...plan, stream: 1 },
          ],
        )
      }))
  }

  it('opens a new connection for each stream, and all streams are open at once if none ends', async () => {
    const streams = 100
    const server = await startScriptServer([() => server.connections.open === streams, ...wholeScript])
    try {
      const { records } = await load(server.baseUrl, { streams })
      assert.ok(records.every(({ outcome }) => outcome.state === 'whole'))
      assert.deepEqual(
        records.map(({ stream }) => stream),
        Array.from({ length: streams }, (_, stream) => stream),
      )
      assert.equal(server.connections.total, streams)
      assert.equal(server.connections.peak, streams)
      const lastStart = Math.max(...records.map(({ startedNs }) => startedNs))
      assert.ok(records.every(({ endedNs }) => endedNs > lastStart))
      await until(() => server.connections.open === 0)
    } finally {
      await server[Symbol.asyncDispose]()
    }
  })

  it('spreads intended starts evenly over the ramp, and starts no stream early', () =>
    withServer(wholeScript, async ({ baseUrl }) => {
      const { records } = await load(baseUrl, { streams: 30, rampMs: 90 })
      const first = records[0]?.intendedNs ?? Number.NaN
      for (const { stream, intendedNs, startedNs } of records) {
        assert.equal(intendedNs - first, stream * 3e6)
        assert.ok(startedNs >= intendedNs, `${intendedNs - startedNs} ns early`)
      }
    }))

  it('starts all streams at once without a ramp', () =>
    withServer(wholeScript, async ({ baseUrl }) => {
      const { records } = await load(baseUrl, { streams: 70 })
      assert.equal(new Set(records.map(({ intendedNs }) => intendedNs)).size, 1)
    }))

  it('reports its progress', () =>
    withServer([sseHead, chunk(events.slice(0, 3).join('')), fin], async ({ baseUrl }) => {
      const progress = noProgress()
      await load(baseUrl, { streams: 5, progress })
      assert.deepEqual(progress, { started: 5, done: 5, failed: 5, events: 15, dropped: 0, phase: 0 })
    }))
})

describe('an aborted load', () => {
  it('aborts open streams and closes their connections', async () => {
    const stop = new AbortController()
    const progress = noProgress()
    await withServer([sseHead, chunk(events.slice(0, 2).join(''))], async (server) => {
      const running = load(server.baseUrl, { streams: 40, signal: stop.signal, progress })
      await until(() => progress.events === 80)
      stop.abort()
      const { records } = await running
      assert.equal(records.length, 40)
      for (const { outcome } of records) assert.deepEqual(outcome, { state: 'aborted', phase: 'stream' })
      assert.deepEqual([progress.done, progress.failed], [40, 0])
      await until(() => server.connections.open === 0)
    })
  })

  it('does not start streams that are not due yet', async () => {
    const stop = new AbortController()
    const progress = noProgress()
    await withServer(wholeScript, async (server) => {
      const running = load(server.baseUrl, { streams: 10, rampMs: 600_000, signal: stop.signal, progress })
      await until(() => progress.done === 1)
      stop.abort()
      const { records } = await running
      assert.deepEqual(
        records.map(({ stream, outcome }) => [stream, outcome.state]),
        [[0, 'whole']],
      )
      assert.equal(server.connections.total, 1)
    })
  })

  it('does not start any stream if it was aborted before it began', () =>
    withServer(wholeScript, async ({ baseUrl, connections }) => {
      const { records } = await load(baseUrl, { streams: 10, signal: AbortSignal.abort() })
      assert.deepEqual(records, [])
      assert.equal(connections.total, 0)
    }))
})

describe('the record of a stream', () => {
  it('has the reads, events, deltas and bytes that the server wrote, and timestamps in order', async () => {
    const progress = noProgress()
    const paced = events.flatMap((event, i): Step[] => [chunk(event), () => progress.events === i + 1])
    await withServer([sseHead, ...paced, pause(2), lastChunk], async ({ baseUrl }) => {
      const before = nowNs()
      const record = await loadOne(baseUrl, { progress })
      const after = nowNs()
      assert.deepEqual(record.outcome, { state: 'whole' })
      assert.equal(record.status, 200)
      assert.equal(record.chunks, events.length)
      assert.equal(record.events, events.length)
      assert.equal(record.deltas, whole.deltas.length)
      assert.equal(record.bytes, Buffer.byteLength(events.join('')))
      const instants = [before, ...instantsOf(record), after]
      assert.ok(instants.every(Number.isSafeInteger), String(instants))
      assert.deepEqual(
        instants,
        instants.toSorted((a, b) => a - b),
      )
    })
  })

  it('counts an entire read even if the stream fails inside it', () =>
    withServer([sseHead + chunk([...events.slice(0, 3), 'data: no JSON\n\n'].join('')), fin], async ({ baseUrl }) => {
      const record = await loadOne(baseUrl)
      const { chunks, events: seen, deltas, bytes } = record
      assert.deepEqual({ chunks, seen, deltas }, { chunks: 1, seen: 4, deltas: 2 })
      assert.equal(bytes, Buffer.byteLength(`${events.slice(0, 3).join('')}data: no JSON\n\n`))
      assert.equal(record.lastByteNs, record.firstByteNs)
    }))

  it('has the largest gap between its deltas, and the load result has all gaps', async () => {
    const progress = noProgress()
    const [first = '', second = '', third = '', fourth = ''] = whole.deltas.map((delta) => chunk(delta).toString())
    const seen = (count: number) => () => progress.events === count
    const script = [sseHead, chunk(whole.opening.join('')), first, second, seen(3), pause(20), third, fourth]
    const rest = [chunk([...whole.finish, whole.terminal].join('')), lastChunk]
    await withServer([...script, ...rest], async ({ baseUrl }) => {
      const { records, interChunk } = await load(baseUrl, { progress })
      const { firstDeltaNs = 0, lastDeltaNs = 0, largestGapNs = 0, deltas = 0 } = records[0] ?? {}
      assert.ok(largestGapNs >= 20e6, `${largestGapNs}`)
      assert.ok(largestGapNs <= lastDeltaNs - firstDeltaNs)
      assert.equal(interChunk.n, deltas - 1)
      assert.equal(interChunk.maxUs, Math.round(largestGapNs / 1000))
    })
  })

  it('has no gap if there is a single delta, and no timestamp of a point that was not reached', () =>
    withServer([sseHead, chunk([...whole.opening, whole.deltas[0]].join('')), fin], async ({ baseUrl }) => {
      const { records, interChunk } = await load(baseUrl)
      assert.equal(records[0]?.largestGapNs, undefined)
      assert.equal(interChunk.n, 0)
      const closed = await withServer([fin], (server) => loadOne(server.baseUrl))
      for (const name of [
        'headersNs',
        'firstByteNs',
        'firstEventNs',
        'firstDeltaNs',
        'lastDeltaNs',
        'lastByteNs',
        'status',
      ] as const)
        assert.equal(closed[name], undefined, name)
    }))
})
