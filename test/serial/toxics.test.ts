import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startTopology } from '../../src/index.ts'
import { readRun } from '../../src/results/read-run.ts'
import { runCli } from '../fixtures/cli.ts'
import { leastTtftMs } from '../fixtures/least-ttft.ts'
import { processesWith } from '../fixtures/processes.ts'
import { refusalOf } from '../fixtures/refusal.ts'
import { prepareRun, startRun, startRunInTheMiddle } from '../fixtures/run-ground.ts'
import { startStandingPair } from '../fixtures/standing.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const timeout = 60_000
const small = { streams: 10, chunks: 5, delayMs: 10 }

/** Runs with toxics and reads the results. */
async function runWith(t: TestContext, toxics: readonly string[], more: readonly string[] = []) {
  const { folder, args, mockPort, ccrPort, nothingIsLeft } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const flags = toxics.flatMap((toxic) => ['--toxic', toxic])
  const ended = await startRun(['--json-out', jsonOut, ...flags, ...more, ...args], small).ended
  await nothingIsLeft()
  for (const port of [mockPort, ccrPort]) assert.deepEqual(processesWith(`--upstream=http://127.0.0.1:${port}`), [])
  const { records } = await readRun(join(folder, 'results', 'latest'))
  return { ...ended, records, json: JSON.parse(await readFile(jsonOut, 'utf8')) }
}

test('latency at both hops shows in each stream, and the report lists the toxics', { timeout }, async (t) => {
  const { status, stdout, json, records } = await runWith(t, [
    'runner-gateway:latency=70ms',
    'gateway-mock:latency=90ms',
  ])
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^Toxic: {4}runner-gateway:latency=70ms\nToxic: {4}gateway-mock:latency=90ms$/m)
  assert.equal(json.report.successful, 10)
  assert.ok(leastTtftMs(records) >= 160, `${leastTtftMs(records)} ms`)
})

test("a connection that breaks before the gateway fails streams, not requests for the gateway's telemetry", {
  timeout,
}, async (t) => {
  const { status, json } = await runWith(t, ['runner-gateway:limit_data=600B,toxicity=0.5'], ['--no-warm-up'])
  assert.notEqual(status, 0)
  // No warm-up: the mock may notice its broken streams only during the load.
  assert.ok(json.report.failed > 0 && json.report.successful > 0, JSON.stringify(json.report))
  assert.equal(json.mock.streamsServed + json.mock.streamsAborted, 10)
  assert.equal(json.telemetry.usageAfter.total_requests - json.telemetry.usageBefore.total_requests, 10)
})

test('a toxic that breaks every stream is reported, and the gateway still counts as started', {
  timeout,
}, async (t) => {
  const { status, stdout, json } = await runWith(t, ['runner-gateway:limit_data=600B'])
  assert.equal(status, 2, stdout)
  assert.equal(json.report.failed, 10)
  assert.match(json.toxics.join(), /^runner-gateway:limit_data=600/)
})

test('the same seed breaks the same streams', { timeout }, async (t) => {
  const broken = async () => {
    // Each stream has its own connection to the gateway; the number of connections behind it depends on timing.
    const { records } = await runWith(t, ['runner-gateway:limit_data=900B,toxicity=0.5'])
    return records.filter(({ outcome }) => outcome.state === 'failed').map(({ stream }) => stream)
  }
  const first = await broken()
  assert.ok(first.length > 0 && first.length < 10, `${first.length} of 10 failed`)
  assert.deepEqual(await broken(), first)
})

test('toxics in front of a running gateway are applied by a proxy', { timeout }, async (t) => {
  const { mock, gateway } = await startStandingPair(t, {})
  const results = join(temporaryFolder(t), 'results')
  const where = ['--topology', 'standing', '--ccr-url', gateway.url, '--mock-url', mock.url]
  const load = ['--streams', '5', '--chunks', '3', '--delay-ms', '5']
  const args = [
    'run',
    ...where,
    '--out',
    results,
    ...load,
    '--toxic',
    'runner-gateway:latency=80ms',
    '--wire',
    'gateway-mock:latency=1ms',
  ]
  const { status, stderr } = await runCli(args)
  assert.equal(status, 0, stderr)
  const { toxics, records } = await readRun(join(results, 'latest'))
  assert.deepEqual(toxics, ['runner-gateway:latency=80ms', 'gateway-mock:latency=1ms'])
  assert.ok(leastTtftMs(records) >= 80)
  assert.deepEqual(processesWith(`--upstream=${gateway.url}`), [])
})

test('a run that is interrupted while it starts lists its toxics too', { timeout }, async (t) => {
  const { folder, args } = await prepareRun(t)
  const run = startRun(['--toxic', 'gateway-mock:latency=3ms', ...args], small)
  await run.saw(/starting the mock and the gateway/)
  run.child.kill('SIGINT')
  assert.equal((await run.ended).status, 130)
  assert.deepEqual((await readRun(join(folder, 'results', 'latest'))).toxics, ['gateway-mock:latency=3ms'])
})

test('a hop that dies during the load makes the run invalid, and the gateway is not blamed', { timeout }, async (t) => {
  const { args, mockPort, ccrPort } = await prepareRun(t)
  const withHop = { args: ['--toxic', 'runner-gateway:latency=1ms', ...args], mockPort }
  const run = await startRunInTheMiddle(withHop, { streams: 5, chunks: 400, delayMs: 50 })
  const [pid] = processesWith(`--upstream=http://127.0.0.1:${ccrPort}`)
  assert.ok(pid)
  process.kill(pid, 'SIGKILL')
  const { status, stdout } = await run.ended
  assert.equal(status, 3, stdout)
  assert.match(stdout, /The proxy runner-gateway died \(signal SIGKILL\) during the load/)
})

test('toxics work in the library', { timeout }, async () => {
  await using topology = await startTopology({ driver: 'local', toxics: ['gateway-mock:latency=80ms'] })
  const { run, verdict } = await topology.run(small)
  assert.equal(verdict, 'pass')
  assert.deepEqual(run.toxics, ['gateway-mock:latency=80ms'])
  assert.ok(leastTtftMs(run.records) >= 80)
})

test('invalid toxics are refused before anything starts', { timeout }, async () => {
  const refusals = [
    [['--toxic', 'nowhere:latency=1ms'], /runner-gateway, gateway-mock.*got "nowhere"/],
    [['--toxic', 'gateway-mock:latency=1ms', '--gateway', 'direct'], /--toxic needs a gateway.*gateway is direct/],
    [['--toxic', 'gateway-mock:latency=1ms', '--topology', 'standing'], /--toxic: must be on the hop runner-gateway/],
    [['--wire', 'y:latency=1ms'], /--wire: must be HOP:NAME=VALUE/],
    [['--wire', 'gateway-mock:latency=1ms'], /--wire needs --topology standing/],
    [['--load-url', 'http://127.0.0.1:1'], /--load-url needs --topology standing/],
  ] as const
  for (const [args, expected] of refusals) {
    assert.match((await refusalOf(['run', ...args])).join('\n'), expected)
  }
  await assert.rejects(startTopology({ driver: 'local', toxicSeed: 1.5 }), /toxicSeed: must be a whole number/)
  await assert.rejects(startTopology({ driver: 'local', toxics: ['gateway-mock:latency'] }), /toxics: latency must be/)
  await assert.rejects(
    startTopology({ driver: 'local', gateway: { kind: 'direct' }, toxics: ['gateway-mock:latency=1ms'] }),
    /toxics needs a gateway/,
  )
})
