import assert from 'node:assert/strict'
import {
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { processesWith } from '../fixtures/processes.ts'
import { assertValidRun } from '../fixtures/published-schema.ts'
import { until } from '../fixtures/until.ts'
import { docker, leftOf, type Project, project } from './compose.ts'
import { skip } from './engine.ts'

const up = ['up', '--build', '--abort-on-container-exit']
const long = { STREAMS: '20', CHUNKS: '1000', DELAY_MS: '50', NO_BASELINE: '1' }
const small = { STREAMS: '20', CHUNKS: '5', DELAY_MS: '20' }

/** Reads the latest run of a results folder. */
function latest(results: string) {
  const folder = join(results, readlinkSync(join(results, 'latest')))
  assertValidRun(folder)
  return {
    json: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')),
    report: readFileSync(join(folder, 'report.txt'), 'utf8'),
    files: readdirSync(folder).sort(),
    folder,
  }
}

describe('docker compose up', { skip, timeout: 300_000, concurrency: 2 }, () => {
  for (const uid of [0, 1000]) {
    it(`passes with small labelled images, prints the report last, and leaves results with the owner of their folder (uid ${uid})`, async (t) => {
      const { name, results, compose } = project(t)
      chownSync(results, uid, uid)
      const { status, stdout, stderr } = await compose(up, { STREAMS: '100' })
      assert.equal(status, 0, stderr + stdout)
      const lines = stripVTControlCharacters(stdout)
        .split('\n')
        .filter((line) => /^runner-1 +\|/.test(line))
      assert.match(lines.at(-1) ?? '', /Full report: .*report\.txt/)
      assert.match(lines.join('\n'), /Verdict: PASS .*tested: ccr-rust /)
      assert.deepEqual(stdout.match(/^\S*(mock|ccr|pidns)-1 +\|.*/gm), null, 'only the runner prints')
      assert.match((await compose(['logs', 'ccr'])).stdout, /listens on/)
      assert.match((await compose(['logs', 'mock'])).stdout, /mock listening/)
      const { json, report, files, folder } = latest(results)
      assert.match(report, /Streams: {2}100\n {2}Success: {2}100 {2}\| {2}Failed: 0/)
      assert.equal(json.gateway.kind, 'ccr-rust')
      const rerun =
        /^CCR_SOURCE=.* RESULTS=.* STREAMS=1 FIRST_STREAM=\d+ docker compose up --build --abort-on-container-exit$/
      assert.match(json.rerun.command, rerun)
      assert.ok(report.includes(json.rerun.command))
      assert.ok(json.gateway.settings.some((line: string) => line.includes('test/fixtures/ccr-rust')))
      assert.ok(json.report.gateway_cpu_us_per_event > 0)
      assert.ok(json.report.gateway_descriptors_peak >= 200)
      assert.ok(json.report.gateway_memory_peak_bytes > 0)
      assert.ok(json.cost.container.memoryPeakBytes > 0)
      assert.deepEqual(files, ['flights.ndjson', 'report.txt', 'run.json', 'series.csv', 'streams.ndjson'])
      for (const path of [folder, ...files.map((file) => join(folder, file))]) {
        const { uid: owner, gid, mode } = statSync(path)
        assert.deepEqual([owner, gid], [uid, uid], path)
        assert.equal(mode & 0o002, 0, `${path} is not for everybody to write`)
      }
      const labels = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', `${name}-ccr`))
      assert.match(labels['ccr-sse-stress.ref'], /test\/fixtures\/ccr-rust$/)
      assert.equal(labels['ccr-sse-stress.features'], 'default')
      const size = async (image: string) => Number(await docker('image', 'inspect', '--format', '{{.Size}}', image))
      for (const service of ['mock', 'runner']) {
        const added = (await size(`${name}-${service}`)) - (await size('node:24-bookworm-slim'))
        assert.ok(added > 0 && added <= 80e6, `the image of the ${service} adds ${added} bytes to its base`)
      }
      const down = await compose(['down'])
      assert.equal(down.status, 0, down.stderr)
      assert.deepEqual(await leftOf(name), [])
    })
  }

  it("ends with the runner's status if the run fails", async (t) => {
    const { results, compose } = project(t)
    const { status, stdout } = await compose(up, {
      STREAMS: '40',
      CHUNKS: '40',
      DELAY_MS: '50',
      CCR_MAX_STREAMS: '10',
      NO_BASELINE: '1',
    })
    assert.equal(status, 2, stdout)
    const { json } = latest(results)
    assert.equal(json.verdict.verdict, 'fail')
    assert.equal(json.report.successful, 10)
    assert.match(json.gateway.settings.join('\n'), /stream limit 10/)
  })

  it('runs the reference gateway instead of ccr-rust and reports it', async (t) => {
    const { results, compose } = project(t)
    const { status, stdout } = await compose(up, { ...small, CCR_SOURCE: '/nowhere' }, ['reference'])
    assert.equal(status, 0, stdout)
    const { json } = latest(results)
    assert.equal(json.tested, 'embedded reference gateway, not ccr-rust (http://ccr:3456)')
    assert.match(json.rerun.command, / docker compose -f docker-compose\.yml -f docker-compose\.reference\.yml up /)
    assert.ok(json.report.gateway_cpu_us_per_event > 0)
  })

  it('runs direct to the mock without starting a gateway', async (t) => {
    const { results, compose, container } = project(t)
    const { status, stdout } = await compose(up, { ...small, CCR_SOURCE: '/nowhere' }, ['direct'])
    assert.equal(status, 0, stdout)
    assert.equal(latest(results).json.gateway.kind, 'none')
    assert.equal(await container('ccr'), '')
  })

  it('explains what to set if the source is not that of ccr-rust', async (t) => {
    const { compose } = project(t)
    const { status, stdout, stderr } = await compose(['build', 'ccr'], { CCR_SOURCE: './src' })
    assert.notEqual(status, 0)
    assert.match(stdout + stderr, /no Cargo\.toml in .*not the source of ccr-rust/)
    assert.match(stdout + stderr, /set CCR_SOURCE/)
  })

  it('runs any command of the harness in the runner', async (t) => {
    const { compose } = project(t)
    const doctor = await compose(['run', '--build', '--rm', 'runner', 'doctor'])
    assert.equal(doctor.status, 0, doctor.stderr)
    assert.match(doctor.stdout, /Streams it can hold/)
    const usage = await compose(['run', '--rm', 'runner', 'stress', '--streams', '0'])
    assert.equal(usage.status, 64)
  })
})

/** A compose file that replaces the gateway's process. */
function gatewayScript(t: TestContext, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-override-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'gateway.yml')
  const ccr = {
    entrypoint: ['/containers/keep.sh', 'ccr-rust', '3456', 'bash', '-c', script],
    environment: { HEALTHY_WITHIN_S: '2' },
  }
  writeFileSync(file, JSON.stringify({ services: { ccr } }))
  return file
}

/** Kills the process of the mock, but not its keeper. */
const killMock =
  'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline | grep -q "^node /app/src/cli.ts mock " && kill -9 $(basename $p); done; true'

describe('docker compose up with a service that fails', { skip, timeout: 300_000, concurrency: 2 }, () => {
  it('shows the last lines of a mock that does not start', async (t) => {
    const { compose } = project(t)
    const { status, stdout } = await compose(up, { CHUNKS: 'many' })
    assert.equal(status, 1)
    assert.match(stdout, /pidns-1 .*mock ended with exit status 64 before it was healthy\n.*error: --chunks: .*"many"/)
  })

  const failures: readonly (readonly [string, string, RegExp])[] = [
    [
      'ends',
      'echo reading; echo no such provider >&2; exit 3',
      /ended with exit status 3 .*\n.* reading\n.* no such provider\n/,
    ],
    ['never becomes healthy', 'echo waiting for a key; sleep 60', /was not healthy within 2 s\n.* waiting for a key\n/],
  ]
  for (const [what, script, expected] of failures)
    it(`shows the last lines of a gateway that ${what}`, async (t) => {
      const { compose } = project(t)
      const { status, stdout } = await compose(up, {}, [gatewayScript(t, script)])
      assert.equal(status, 1)
      assert.match(stdout, /^.*pidns-1 .*the gateway \(ccr-rust\) /m)
      assert.match(stdout, expected)
    })

  it('ends with an invalid run and its report if the mock dies under load', async (t) => {
    const { compose, container } = project(t)
    const running = compose(up, long)
    await untilOpen(compose)
    await docker('exec', await container('mock'), 'bash', '-c', killMock)
    const { status, stdout } = await running
    assert.equal(status, 3, stdout)
    assert.match(stdout, /pidns-1 .*mock ended with signal SIGKILL/)
    assert.match(stdout, /Verdict: INVALID/)
  })

  it('says before the load where Ctrl-C leaves the partial report, and the report is there', async (t) => {
    const { name, results, compose } = project(t)
    const running = compose(up, long)
    await untilOpen(compose)
    for (const client of processesWith(`docker-compose compose -p ${name} `)) process.kill(client, 'SIGINT')
    const { status, stderr } = await running
    assert.equal(status, 130, stderr)
    assert.match(stderr, new RegExp(`Ctrl-C: writes the partial report to ${results}/latest; docker compose logs`))
    const { json, report } = latest(results)
    assert.equal(json.report.aborted, 20)
    assert.match(report, /Verdict: /)
    const logs = stripVTControlCharacters((await compose(['logs', '--no-log-prefix', 'runner'])).stdout)
    assert.match(logs, /^ {2}Verdict: /m)
  })
})

/** Waits until the runner of a project reports its streams as open. */
async function untilOpen(compose: Project['compose']): Promise<void> {
  await until(async () => /20 open/.test((await compose(['logs', 'runner'])).stdout))
}
