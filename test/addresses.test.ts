import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { stressTarget } from '../src/experiment/experiment.ts'
import { judge } from '../src/judge/judgement.ts'
import { startMock } from '../src/mock/mock.ts'
import { experimentOf } from '../src/options/scenario.ts'
import { startReferenceGateway } from '../src/reference/reference-gateway.ts'
import { reportText } from '../src/report/text/report-text.ts'
import { withFrontHop } from '../src/topology/hop.ts'
import { parseHopToxic } from '../src/toxic/parse-toxic.ts'
import { testHost } from './fixtures/host.ts'
import { load } from './fixtures/load.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { find } from './fixtures/standing.ts'

const log = silentLog

async function pairOn(t: TestContext, host: string, urlHost: string) {
  const mock = await startMock({ host, port: 0, log, chunks: 2, delayMs: 0 })
  t.after(() => mock[Symbol.asyncDispose]())
  const mockUrl = `http://${urlHost}:${new URL(mock.url).port}`
  const gateway = await startReferenceGateway({ host, port: 0, log, upstream: `${mockUrl}/v1` })
  t.after(() => gateway[Symbol.asyncDispose]())
  return { mockUrl, gatewayUrl: `http://${urlHost}:${new URL(gateway.url).port}` }
}

test('a gateway and a mock on ::1 are found and loaded', async (t) => {
  const urls = await pairOn(t, '::1', '[::1]')
  const topology = await find(urls)
  assert.equal(topology.gatewayAddress, undefined)
  assert.equal(await topology.death(), undefined)
  const { records } = await load(urls.gatewayUrl, { streams: 3, chunks: 2, delayMs: 0 })
  assert.deepEqual(
    records.map(({ outcome }) => outcome.state),
    ['whole', 'whole', 'whole'],
  )
})

test('health check and load use the same address of a name, and the report shows it', async (t) => {
  const urls = await pairOn(t, '127.0.0.1', 'localhost')
  assert.equal((await find(urls)).gatewayAddress, '127.0.0.1')
  const { scenario } = experimentOf({ streams: 1, chunks: 2, delayMs: 0 })
  const signal = new AbortController().signal
  const nothing = () => undefined
  const context = { id: '20261126-000000-000000', signal, onProgress: nothing, onLoad: nothing }
  const protocol = 'anthropic-messages'
  const run = await stressTarget({ baseUrl: urls.gatewayUrl, protocol }, { scenario }, context)
  assert.deepEqual(run.target, { baseUrl: urls.gatewayUrl, address: '127.0.0.1', protocol })
  assert.ok(reportText(run, judge(run)).includes(`Target:   ${urls.gatewayUrl} (127.0.0.1), ${protocol}\n`))
})

test('a proxy in front of the gateway uses the address that was healthy, too', async (t) => {
  const { gatewayUrl, mockUrl } = await pairOn(t, '127.0.0.1', '127.0.0.1')
  const topology = await find({ gatewayUrl, mockUrl })
  // Only the address of this name is known.
  const named = {
    ...topology,
    gatewayUrl: gatewayUrl.replace('127.0.0.1', 'nowhere.invalid'),
    gatewayAddress: '127.0.0.1',
  }
  const list = ['runner-gateway:latency=1ms'].flatMap((text) => parseHopToxic(text, []) ?? [])
  await using proxied = await withFrontHop(named, { list, seed: 1 }, testHost())
  assert.equal((await fetch(`${proxied.loadUrl}/health`)).status, 200)
})
