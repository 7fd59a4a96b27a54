import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { kindSummaries } from '../src/judge/kinds.ts'
import { withRunner } from '../src/load/runner.ts'
import { streamPlanner } from '../src/load/stream-plan.ts'
import { startMock } from '../src/mock/mock.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { kindOf, settingsOf } from '../src/plan/mix.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { load } from './fixtures/load.ts'
import { fin, startScriptServer } from './fixtures/script-server.ts'
import { silentLog } from './fixtures/silent-log.ts'

const local = { host: '127.0.0.1', port: 0, log: silentLog } as const
const mock = await startMock({ ...local, chunks: 1, delayMs: 0 })
const gateway = await startReferenceGateway({ ...local, upstream: `${mock.url}/v1` })
const recorder = await startScriptServer(['HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n', fin])
after(async () => {
  for (const server of [recorder, gateway, mock]) await server[Symbol.asyncDispose]()
})

const { scenario } = experimentOf({
  streams: 120,
  seed: 11,
  mix: [
    'short: weight=4, chunks=uniform(3,9), content=plain, protocol=openai-chat-completions',
    'tools: weight=2, content=tools, chunks=lognormal(30,10), delay-ms=uniform(0,2), request-profile=claude-code',
    'parallel: content=parallel, chunks=values(12,24), delta-bytes=200, protocol=openai-responses',
    'large: content=plain, chunks=4, delta-bytes=uniform(3000,60000), prompt-kb=300',
    'awkward: content=awkward, chunks=5, delta-bytes=400, prompt-kb=uniform(1,3), protocol=openai-chat-completions',
  ],
  delayMs: 0,
})
const { mix = [], seed } = scenario
const options = { ...scenario, protocol: 'anthropic-messages', isPlanCertain: true } as const

describe('a load with a mix', () => {
  for (const [where, url] of [
    ['the mock', mock.url],
    ['the reference gateway', gateway.url],
  ] as const)
    it(`gets every kind of stream as its runner planned it, from ${where}`, async () => {
      const { records } = await load(url, options)
      const wrong = records.filter(({ outcome, findings }) => outcome.state !== 'whole' || findings !== undefined)
      assert.deepEqual(wrong.slice(0, 3), [])
      assert.equal(records.length, 120)
      for (const { stream, deltas } of records) {
        const { content, chunks } = settingsOf(scenario, stream)
        // An answer with tools has events with a name and no text of the plan.
        if (content === 'plain') assert.equal(deltas, chunks, `stream ${stream}`)
      }
      const kinds = kindSummaries({ scenario }, records)
      assert.equal(
        kinds?.reduce((sum, { streams }) => sum + streams, 0),
        120,
      )
      assert.ok(kinds.every(({ streams, whole, ttft }) => streams > 0 && whole === streams && ttft?.n === streams))
    })

  it('has fewer deltas in the baseline if its streams are long, and the same ones otherwise', () => {
    const long = { ...scenario, delayMs: 400 }
    const [whole, shortened] = [undefined, 3000].map((longestMs) =>
      streamPlanner(long, 'anthropic-messages', longestMs),
    )
    for (let stream = 0; stream < 120; stream++) {
      const { chunks = 0, delayMs = 0 } = settingsOf(long, stream)
      assert.equal(whole?.(stream).planned.chunks, chunks)
      const most = (chunks - 1) * delayMs > 3000 ? Math.max(2, Math.floor(3000 / delayMs) + 1) : chunks
      assert.equal(shortened?.(stream).planned.chunks, most)
    }
  })

  it('is the same with one worker and with two', async () => {
    const summary = (records: Awaited<ReturnType<typeof load>>['records']) =>
      records.map(({ stream, deltas, bytes }) => ({ stream, kind: kindOf(mix, seed, stream), deltas, bytes }))
    const alone = await load(mock.url, options)
    const both = await withRunner(2, (runner) => load(mock.url, { ...options, runner }))
    assert.deepEqual(summary(both.records), summary(alone.records))
  })

  it('sends the request, the profile and the prompt size of each kind', async () => {
    const { records } = await load(recorder.baseUrl, { ...options, rampMs: 50 })
    assert.equal(records.length, 120)
    const byStream = new Map(
      recorder.requests.flatMap((request) => {
        const stream = /\[plan seed=11 stream=(\d+) /.exec(request)?.[1]
        return stream === undefined ? [] : [[Number(stream), request] as const]
      }),
    )
    const paths = {
      'anthropic-messages': '/v1/messages',
      'openai-chat-completions': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
    }
    for (const [stream, request] of byStream) {
      const { protocol = 'anthropic-messages', requestProfile, promptKb } = settingsOf(scenario, stream)
      assert.ok(request.startsWith(`POST ${paths[protocol]}`), request.slice(0, 40))
      assert.equal(request.includes('claude-cli/'), requestProfile === 'claude-code')
      if (promptKb === undefined || promptKb > 50) continue
      const body = JSON.parse(request.slice(request.indexOf('\r\n\r\n')))
      assert.equal(Buffer.byteLength(body.messages[0].content), Math.round(promptKb * 1024))
    }
    assert.ok(byStream.size > 60, `${byStream.size} requests`)
  })

  it('plays the client fault of a kind to the streams of this kind only', async () => {
    const { scenario: faulty } = experimentOf({
      streams: 60,
      mix: ['leaving: client-fault=abort@50%', 'sometimes: client-fault=abort@50%:0.5', 'staying: content=plain'],
      chunks: 8,
      delayMs: 2,
    })
    const { records } = await load(mock.url, { ...faulty, protocol: 'anthropic-messages', isPlanCertain: true })
    const aborted = (name: string) => {
      const ofKind = records.filter(({ stream }) => faulty.mix?.[settingsOf(faulty, stream).kind ?? 0]?.name === name)
      return ofKind.filter(({ outcome }) => outcome.state === 'aborted').length / ofKind.length
    }
    assert.deepEqual([aborted('leaving'), aborted('staying')], [1, 0])
    assert.ok(aborted('sometimes') > 0 && aborted('sometimes') < 1)
  })
})
