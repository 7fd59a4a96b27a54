import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readMockClock } from '../src/experiment/mock-clock.ts'
import { readHighWaterMark, readMockStats, readTruths, readUsage } from '../src/experiment/telemetry.ts'
import { readActiveStreams } from '../src/gateways/active-streams.ts'
import { readStats } from '../src/host/docker-meter.ts'
import { healthFault } from '../src/process/readiness.ts'
import { asJson } from './fixtures/as-json.ts'
import { runCli } from './fixtures/cli.ts'
import { hostileAnswers } from './fixtures/hostile-answers.ts'
import { startStandingPair } from './fixtures/standing.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

async function serve(t: TestContext, onRequest: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(onRequest).listen(0, '127.0.0.1')
  t.after(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('any answer of a control endpoint is a gauge or ignored, and the process grows by only a few MiB', async (t) => {
  let answer = hostileAnswers[0]
  const url = await serve(t, (_, response) => answer?.play(response))
  const rssBefore = process.memoryUsage().rss
  const gauges: string[] = []
  for (answer of hostileAnswers) {
    const [usage, mark, json, metric] = await Promise.all([
      readUsage(url),
      readHighWaterMark(url),
      readActiveStreams(url, { kind: 'json', path: '/', member: 'active_streams', own: 0 }),
      readActiveStreams(url, { kind: 'prometheus', path: '/', sample: 'ccr_active_streams', own: 0 }),
    ])
    await healthFault(`${url}/health`)
    if (usage?.active_streams !== undefined) gauges.push(`${answer.name}: usage ${usage.active_streams}`)
    if (json !== undefined) gauges.push(`${answer.name}: ${json}`)
    if (mark !== undefined) gauges.push(`${answer.name}: mark ${mark}`)
    if (metric !== undefined) gauges.push(`${answer.name}: metric ${metric}`)
  }
  const labelled = (name: string, figures: readonly string[]) =>
    [name, `${name} called UTF-16`].flatMap((entry) => figures.map((figure) => `${entry}: ${figure}`))
  assert.deepEqual(gauges, [
    ...labelled('usage', ['usage 1', '1']),
    ...labelled('a negative gauge', ['0']),
    ...labelled('31 levels', ['usage 1', '1']),
    ...labelled('metrics', ['mark 3', 'metric 2']),
  ])
  assert.ok(process.memoryUsage().rss - rssBefore < 200 * 1024 * 1024)
})

test('any answer of the mock or the Docker engine is a count or ignored', async (t) => {
  let answer = hostileAnswers[0]
  const onRequest = (_: IncomingMessage, response: ServerResponse) => answer?.play(response)
  const url = await serve(t, onRequest)
  const socket = join(temporaryFolder(t), 'engine.sock')
  const engine = createServer(onRequest).listen(socket)
  t.after(() => engine.close().closeAllConnections())
  await once(engine, 'listening')
  const rssBefore = process.memoryUsage().rss
  for (answer of hostileAnswers) {
    const answers = [readMockStats(url), readTruths(url, 1), readMockClock(url, undefined), readStats(socket, 'id')]
    assert.deepEqual(
      await Promise.all(answers),
      answers.map(() => undefined),
      answer.name,
    )
  }
  assert.ok(process.memoryUsage().rss - rssBefore < 400 * 1024 * 1024)
  const stats = { cpu_stats: { cpu_usage: { total_usage: 2e9 } }, memory_stats: { usage: 70 } }
  answer = { name: 'statistics', play: (response) => response.end(JSON.stringify(stats)) }
  assert.equal((await readStats(socket, 'id'))?.memoryBytes, 70)
})

test("only the counters that ccr-rust documents are kept from a gateway's usage", async (t) => {
  const tier = {
    ...{ tier: 'mock,mock-model', requests: 7, failures: 1, input_tokens: 10, output_tokens: 20 },
    ...{ cache_read_tokens: 1, cache_creation_tokens: 2, cost_usd: 0.5, avg_duration_seconds: 1.25 },
  }
  const known = {
    ...{ total_requests: 7, total_failures: 1, total_input_tokens: 10, total_output_tokens: 20, total_cost_usd: 0.5 },
    ...{ active_streams: 3, active_requests: 4, tiers: [tier] },
  }
  const hostile = { note: 'x'.repeat(900_000), toString: 1, constructor: { prototype: [] }, list: [[[{}]]] }
  let body = ''
  const url = await serve(t, (_, response) => response.end(body))
  const usageOf = async (answer: unknown) => {
    body = JSON.stringify(answer)
    return asJson(await readUsage(url))
  }
  assert.deepEqual(await usageOf(known), known)
  const { note: _, ...shortHostile } = hostile
  const more = { ...hostile, ...known, tiers: [{ ...tier, ...shortHostile }] }
  assert.deepEqual(await usageOf(more), known)
  const { tiers, total_cost_usd: cost, ...figures } = known
  for (const bad of [
    { tiers: 'many' },
    { tiers: Array(65).fill(tier) },
    { tiers: [{ tier: 'x'.repeat(201) }] },
    { tiers: [{ tier: 1 }] },
    { tiers: [{ ...tier, requests: '7' }] },
    { tiers: null },
  ])
    assert.deepEqual(
      await usageOf({ ...known, ...bad }),
      { ...figures, total_cost_usd: cost },
      JSON.stringify(bad).slice(0, 80),
    )
  assert.deepEqual(await usageOf({ ...known, total_cost_usd: 'free' }), { ...figures, tiers })
  assert.equal(await usageOf({ ...known, active_streams: '3' }), undefined)
})

for (const command of ['run', 'stress'] as const)
  test(`${command} passes through a gateway whose control endpoints answer in every hostile way`, async (t) => {
    const { mock, gateway } = await startStandingPair(t, {})
    const requested = new Set<string>()
    // The first answer has a gauge, so that it is read throughout the load; then any 30 answers are of every kind.
    let next = hostileAnswers.findIndex(({ name }) => name === 'usage')
    const url = await serve(t, (request, response) => {
      if (request.method === 'POST') {
        relay(gateway.url, request, response)
        return
      }
      const answer = hostileAnswers[next % hostileAnswers.length]
      next += 7
      requested.add(`${request.url}`)
      answer?.play(response)
    })
    const folder = temporaryFolder(t)
    const load = ['--streams', '4', '--ccr-url', url, '--out', join(folder, 'results')]
    const topology = ['--topology', 'standing', '--mock-url', mock.url, '--no-baseline']
    const target = command === 'run' ? [...topology, '--chunks', '60', '--delay-ms', '20', '--drain-limit', '1'] : []
    const { status, stdout, stderr } = await runCli([command, ...target, ...load])
    assert.equal(status, 0, `${stderr}${stdout}`)
    assert.match(stdout, /RESULT: PASS/)
    assert.ok(requested.has('/v1/usage'))
  })

/** Passes a request on to another server, and its response back. */
function relay(url: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request
  const onward = httpRequest(`${url}${request.url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
