import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { runExperiment } from '../src/experiment/experiment.ts'
import { judge } from '../src/judge/judgement.ts'
import { startMock } from '../src/mock/mock.ts'
import { experimentOf } from '../src/options/scenario.ts'
import type { ReportJson } from '../src/report/json-schema.ts'
import { readRun } from '../src/results/read-run.ts'
import type { Topology } from '../src/topology/topology.ts'
import { runCli } from './fixtures/cli.ts'
import { fin, type ScriptServer, type Step, startScriptServer } from './fixtures/script-server.ts'
import { silentLog } from './fixtures/silent-log.ts'
import { deadUrl } from './fixtures/standing.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const healthy: readonly Step[] = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok', fin]

/** An old result with the verdict PASS, as it may exist at the path of `--json-out`. */
const oldResult = '{"schemaVersion":1,"verdict":{"verdict":"pass"}}\n'

/** Runs 20 streams through a standing gateway with an old `--json-out`, and reads what the run wrote. */
async function runThrough(t: TestContext, gateway: ScriptServer, more: readonly string[] = []) {
  const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 4, delayMs: 5, log: silentLog })
  t.after(() => mock[Symbol.asyncDispose]())
  const folder = temporaryFolder(t)
  const [out, jsonOut] = [join(folder, 'results'), join(folder, 'x.json')]
  await writeFile(jsonOut, oldResult)
  const places = ['--mock-url', mock.url, '--ccr-url', gateway.baseUrl, '--out', out, '--json-out', jsonOut]
  const end = await runCli(['run', '--topology', 'standing', '--streams', '20', ...places, ...more])
  const read = async () =>
    JSON.parse(await readFile(jsonOut, 'utf8').catch(() => assert.fail(end.stderr))) as ReportJson
  return { ...end, out, jsonOut, json: await read(), run: await readRun(join(out, 'latest')) }
}

const serverError =
  'HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{"error":"wrong"}'
const garbage = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: }garbage{\n\n'

describe('a gateway that fails every stream of the warm-up', { concurrency: 4 }, () => {
  for (const [what, answer, kind, raw] of [
    ['answers each request with status 500', [serverError, fin], 'http_5xx', /wrong/],
    ['sends garbage', [garbage, fin], 'json_malformed', /\}garbage\{/],
    ['closes each connection', [fin], 'closed_before_headers', undefined],
  ] as const) {
    it(`gives a complete result if it ${what}`, { timeout: 60_000 }, async (t) => {
      await using gateway = await startScriptServer((request) => (request.startsWith('GET ') ? healthy : answer))
      const { status, stdout, stderr, json, run } = await runThrough(t, gateway)
      assert.equal(status, 1, stderr)
      assert.equal(json.verdict.verdict, 'fail')
      const reason = `unknown gateway failed all 8 warm-up streams, so the load did not start: ${kind} (phase `
      assert.ok(json.verdict.reasons[0]?.startsWith(reason), json.verdict.reasons.join('\n'))
      assert.deepEqual(json.stopped, { phase: 'warm-up' })
      assert.deepEqual([json.report.failed, json.report.not_started], [8, 12])
      assert.ok(stdout.includes(`RESULT: FAIL - ${reason}`), stdout)
      assert.match(stdout, /^ {2}Stopped: during the warm-up, before the load; all streams below are warm-up streams$/m)
      assert.match(stdout, new RegExp(`^ {2}First failed stream: 0: ${kind} `, 'm'))
      assert.doesNotMatch(stderr, /^error/m)
      // The same records, findings and raw bytes as in a load.
      assert.equal(run.records.length, 8)
      for (const record of run.records) {
        assert.equal(record.outcome.state === 'failed' && record.outcome.kind, kind)
        assert.equal(record.attempts, 0)
        const bytes = Buffer.from(record.rawBase64 ?? '', 'base64').toString()
        if (raw) assert.match(bytes, raw)
      }
      if (kind === 'json_malformed') assert.ok(json.rules.some(({ severity }) => severity === 'error'))
    })
  }

  it('gives a complete result if it dies', { timeout: 60_000 }, async (t) => {
    const gateway: ScriptServer = await startScriptServer((request) => {
      if (request.startsWith('GET ')) return healthy
      void gateway[Symbol.asyncDispose]()
      return [fin]
    })
    const { status, stdout, stderr, json } = await runThrough(t, gateway)
    assert.equal(status, 1, stderr)
    assert.equal(json.verdict.verdict, 'fail')
    assert.match(json.verdict.reasons.join('\n'), /^The gateway died \(unknown gateway, no answer at http:/m)
    assert.equal(json.died?.name, 'unknown gateway')
    assert.match(stdout, /RESULT: FAIL - unknown gateway failed all 8 warm-up streams/)
  })

  it('is reported again from its folder, in the same words', { timeout: 60_000 }, async (t) => {
    await using gateway = await startScriptServer((request) =>
      request.startsWith('GET ') ? healthy : [serverError, fin],
    )
    const { stdout, out } = await runThrough(t, gateway, ['--report', 'full'])
    assert.match(stdout, /^ {2}Warm-up failures \(first 5 of 8\):$/m)
    assert.equal((await runCli(['report', '--report', 'full', join(out, 'latest')])).stdout, stdout)
  })
})

describe('a run that this machine cannot finish', () => {
  it('is invalid, and names the phase and the reason', { timeout: 60_000 }, async (t) => {
    const mock = await startMock({ host: '127.0.0.1', port: 0, chunks: 4, delayMs: 5, log: silentLog })
    t.after(() => mock[Symbol.asyncDispose]())
    const topology: Topology = {
      gatewayUrl: mock.url,
      mockUrl: mock.url,
      loadUrl: 'http://no-such-host.invalid:1',
      gateway: { kind: 'unknown', name: 'unknown gateway', location: mock.url, settings: [] },
      parts: [],
      death: () => Promise.resolve(undefined),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
    const { scenario, protocol } = experimentOf({ streams: 3 })
    const run = await runExperiment(
      topology,
      { scenario, protocol },
      {
        id: 'not-allowed',
        signal: new AbortController().signal,
        onProgress: () => undefined,
        onLoad: () => undefined,
      },
    )
    const { verdict, reasons, exitStatus } = judge(run)
    assert.deepEqual([verdict, exitStatus, run.stopped?.phase], ['invalid', 3, 'warm-up'])
    assert.match(reasons[0] ?? '', /^The run ended during the warm-up: .*no-such-host\.invalid/)
    assert.deepEqual([run.records.length, run.notStarted], [0, 3])
  })
})

describe('an old --json-out', { concurrency: 4 }, () => {
  const prepare = async (t: TestContext) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'x.json')
    await writeFile(file, oldResult)
    const places = ['--out', join(folder, 'results'), '--json-out', file]
    return { folder, file, places }
  }

  for (const command of ['run', 'conform'])
    it(`does not survive a ${command} that the environment ends`, { timeout: 60_000 }, async (t) => {
      await using taken = await startScriptServer([fin])
      const { file, places } = await prepare(t)
      const { status, stderr } = await runCli([
        ...[command, '--gateway', 'reference', '--mock-port', `${taken.port}`],
        ...(command === 'run' ? places : ['--json-out', file]),
      ])
      assert.equal(status, 4, stderr)
      assert.equal(existsSync(file), false)
    })

  it('is emptied, not removed, if it is behind a link', { timeout: 60_000 }, async (t) => {
    await using taken = await startScriptServer([fin])
    const { folder, file } = await prepare(t)
    const link = join(folder, 'link.json')
    await symlink(file, link)
    const places = ['--out', join(folder, 'results'), '--json-out', link]
    const { status, stderr } = await runCli([
      'run',
      '--gateway',
      'reference',
      '--mock-port',
      `${taken.port}`,
      ...places,
    ])
    assert.equal(status, 4, stderr)
    assert.equal(await readFile(file, 'utf8'), '')
    assert.equal(await readlink(link), file)
  })

  for (const [what, flags] of [
    ['on the command line', ['--streams', 'many']],
    ['that shows only later', ['--gateway', 'ccr-rust', '--ccr-bin', '/nowhere/ccr-rust']],
  ] as const)
    it(`stays if nothing was run because of a mistake ${what}`, { timeout: 60_000 }, async (t) => {
      const { file, places } = await prepare(t)
      const { status, stderr } = await runCli(['run', ...flags, ...places])
      assert.equal(status, 64, stderr)
      assert.equal(await readFile(file, 'utf8'), oldResult)
    })

  it('is replaced by the result of stress, whatever answers', { timeout: 60_000 }, async (t) => {
    const { file, places } = await prepare(t)
    const { status, stderr } = await runCli(['stress', '--ccr-url', await deadUrl(), '--streams', '3', ...places])
    assert.equal(status, 2, stderr)
    const json = JSON.parse(await readFile(file, 'utf8')) as ReportJson
    assert.equal(json.verdict.verdict, 'fail')
  })
})
