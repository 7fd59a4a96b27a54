import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCli, startCli } from '../fixtures/cli.ts'
import { processesWith } from '../fixtures/processes.ts'
import { prepareRun } from '../fixtures/run-ground.ts'
import { startStanding } from '../fixtures/standing.ts'

const skip = platform() !== 'linux' && 'needs /proc (Linux)'
const pace = ['--chunks', '40', '--delay-ms', '20']

test("a run reports the gateway's CPU time per event, memory, and two descriptors per stream", {
  skip,
}, async (t) => {
  const { folder, args } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const load = ['--gateway', 'reference', '--streams', '50', '--drain-limit', '0', ...pace, '--json-out', jsonOut]
  const { status, stdout, stderr } = await runCli(['run', ...load, ...args])
  assert.equal(status, 0, stderr)
  const { report, cost, ...json } = JSON.parse(await readFile(jsonOut, 'utf8'))
  assert.ok(report.gateway_cpu_us_per_event > 0, JSON.stringify(report))
  assert.ok(report.gateway_descriptors_peak >= 50 * 2, JSON.stringify(report))
  assert.ok(report.gateway_memory_peak_bytes >= cost.memoryBeforeBytes, JSON.stringify(cost))
  assert.ok(cost.descriptorsBefore < 50, JSON.stringify(cost))
  assert.equal('container' in cost, false)
  assert.deepEqual(['drain' in json, json.scenario.drainLimitS], [false, 0])
  assert.match(stdout, /Gateway CPU: +\d+\.\d\d s, \d+\.\d us per event\n/)
})

test('a direct run reports that there is no gateway and no cost, and leaves nothing behind', async (t) => {
  const { folder, args, ccrPort, nothingIsLeft } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const run = startCli(['run', '--gateway', 'direct', '--streams', '20', ...pace, '--json-out', jsonOut, ...args])
  await run.saw(/warming up/)
  assert.deepEqual(processesWith(`--port ${ccrPort}`), [])
  const { status, stdout, stderr } = await run.ended
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^Tested: {3}no gateway: direct to the mock \(http:/)
  assert.match(stdout, /Success: {2}20 {2}\| {2}Failed: 0\n/)
  assert.doesNotMatch(stdout, /Gateway CPU|Gateway resources/)
  const { report, mock, ...json } = JSON.parse(await readFile(jsonOut, 'utf8'))
  assert.equal(json.gateway.kind, 'none')
  assert.equal(mock.streamsServed, 20)
  assert.deepEqual([report.gateway_cpu_s, report.gateway_descriptors_peak, json.cost], [null, null, undefined])
  await nothingIsLeft()
})

test('a run against a running gateway measures it and leaves it running', { skip }, async (t) => {
  const { folder, args } = await prepareRun(t)
  const mock = await startStanding(t, ['mock'])
  const upstream = ['--upstream', `${mock.url}/v1`]
  const gateway = await startStanding(t, ['gateway', ...upstream], { CCR_SSE_STRESS_GATEWAY: 'reference' })
  const jsonOut = join(folder, 'x.json')
  const urls = ['--topology', 'standing', '--ccr-url', gateway.url, '--mock-url', mock.url]
  const { status, stderr } = await runCli(['run', ...urls, '--streams', '20', ...pace, '--json-out', jsonOut, ...args])
  assert.equal(status, 0, stderr)
  const { report, ...json } = JSON.parse(await readFile(jsonOut, 'utf8'))
  assert.equal(json.gateway.kind, 'reference')
  assert.ok(report.gateway_cpu_us_per_event > 0, JSON.stringify(report))
  assert.ok(report.gateway_descriptors_peak >= 20 * 2, JSON.stringify(report))
  assert.deepEqual([json.drain.after.mockStreams, json.drain.after.closeWaitSockets, json.gatewayFindings], [0, 0, []])
  assert.deepEqual(json.drain.probe, { whole: true })
  for (const { url } of [mock, gateway]) assert.equal((await fetch(`${url}/health`)).status, 200)
})
