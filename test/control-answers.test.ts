import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readHighWaterMark, readUsage } from '../src/experiment/telemetry.ts'
import { readActiveStreams } from '../src/gateways/active-streams.ts'
import { healthFault } from '../src/process/readiness.ts'
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
    // One member is read from it, and the rest is dropped.
    ...labelled('5,000 levels', ['1']),
    ...labelled('200,000 levels', ['1']),
    ...labelled('metrics', ['mark 3', 'metric 2']),
  ])
  assert.ok(process.memoryUsage().rss - rssBefore < 200 * 1024 * 1024)
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
