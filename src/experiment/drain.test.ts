import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fin, type Step, startScriptServer } from '../../test/fixtures/script-server.ts'
import { experimentOf } from '../options/scenario.ts'
import { awaitDrain } from './drain.ts'
import { watchInstrument } from './instrument-watch.ts'

/** Stops the whole process, as a suspension would. */
function standStill(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
}

it('a drain does not count the time in which this process was paused', { timeout: 30_000 }, async () => {
  let requests = 0
  const answer = (body: string): readonly Step[] => [
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    fin,
  ]
  await using gateway = await startScriptServer((request) => {
    if (!request.startsWith('GET /v1/usage')) return answer('{}')
    // Longer than the limit of the drain. The stream it still counts ends shortly after.
    if (requests === 0) standStill(700)
    return answer(JSON.stringify({ total_requests: 1, active_streams: requests++ < 2 ? 1 : 0 }))
  })
  const { scenario, protocol } = experimentOf({ streams: 1 })
  const url = gateway.baseUrl
  const drained = await awaitDrain(
    {
      id: 'drain',
      topology: {
        gatewayUrl: url,
        mockUrl: url,
        gateway: { kind: 'unknown', name: 'unknown gateway', location: url, settings: [] },
        parts: [],
        death: () => Promise.resolve(undefined),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      experiment: { scenario, protocol },
      target: { baseUrl: url, protocol },
      runner: {
        workers: 1,
        load: () => assert.fail('no load'),
        failed: () => [],
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      watch: watchInstrument([], { failed: () => [] }),
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onLoad: () => undefined,
    },
    { remains: { activeStreams: 0 }, limitS: 0.6 },
    [],
  )
  assert.equal(drained?.drain.after.activeStreams, 0)
})
