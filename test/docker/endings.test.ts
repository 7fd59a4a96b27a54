import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { startCli } from '../fixtures/cli.ts'
import { until } from '../fixtures/until.ts'
import { docker, fixtureSource, leftOf, type Project, project } from './compose.ts'
import { skip } from './engine.ts'

/** Streams that last much longer than the test. */
const long = { STREAMS: '20', CHUNKS: '1000', DELAY_MS: '50', NO_BASELINE: '1' }

/** Starts `run --topology compose`; checks afterwards that nothing of its projects is left. */
function composeRun(t: TestContext, args: readonly string[]) {
  const out = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-out-'))
  t.after(() => rmSync(out, { recursive: true, force: true }))
  const source = ['--ccr-source', fixtureSource]
  const run = startCli(['run', '--topology', 'compose', ...source, '--out', out, ...args])
  t.after(() => run.child.kill('SIGKILL'))
  const report = () => JSON.parse(readFileSync(join(out, 'latest', 'run.json'), 'utf8'))
  return { ...run, out, report }
}

async function projects(): Promise<string[]> {
  const names = await docker('ps', '--all', '--format', '{{.Label "com.docker.compose.project"}}')
  return [...new Set(names.split('\n'))].filter((name) => /^ccr-sse-stress-\d/.test(name))
}

/** Kills the gateway's process, which is marked, but not its keeper. */
const killGateway =
  'kill -9 $(grep -lz ^CCR_SSE_STRESS_GATEWAY= /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | head -1)'

/** Waits until the gateway reports all streams as open, and returns the id of its container. */
async function untilLoaded({ container }: Project): Promise<string> {
  const usage = `exec 3<>/dev/tcp/127.0.0.1/3456; printf 'GET /v1/usage HTTP/1.0\r\n\r\n' >&3; cat <&3`
  let id = ''
  await until(async () => {
    id = await container('ccr')
    const answer = id === '' ? '' : await docker('exec', id, 'bash', '-c', usage).catch(() => '')
    return new RegExp(`"active_streams": ?${long.STREAMS}\\b`).test(answer)
  })
  return id
}

describe('a gateway that dies under load', { skip, timeout: 300_000, concurrency: 2 }, () => {
  it('is reported if its container is killed, with the status of a failed run', async (t) => {
    const topology = project(t)
    const { results, compose } = topology
    assert.equal((await compose(['up', '--build', '--detach', '--wait', 'mock', 'ccr'], long)).status, 0)
    const running = compose(['run', '--build', '--no-deps', '-T', 'runner'], long)
    await docker('kill', await untilLoaded(topology))
    const { status, stderr } = await running
    assert.equal(status, 2, stderr)
    const { verdict, died } = JSON.parse(readFileSync(join(results, 'latest', 'run.json'), 'utf8'))
    assert.match(verdict.reasons.join('\n'), /The gateway died \(ccr-rust/)
    assert.match(died.how, /its container ended/)
  })

  it("ends `docker compose up` with the runner's status if its process is killed, and is reported", async (t) => {
    const topology = project(t)
    const running = topology.compose(['up', '--build', '--abort-on-container-exit'], long)
    await docker('exec', await untilLoaded(topology), 'bash', '-c', killGateway)
    const { status, stdout } = await running
    assert.equal(status, 2, stdout)
    assert.match(stdout, /The gateway died \(ccr-rust.*signal SIGKILL/)
  })
})

describe('run --topology compose', { skip, timeout: 300_000 }, () => {
  it('writes the partial report on Ctrl-C during the load and leaves nothing', async (t) => {
    const { child, saw, ended, report } = composeRun(t, ['--streams', '20', '--chunks', '1000', '--no-baseline'])
    await saw(/20 open/)
    child.kill('SIGINT')
    const { status, stdout, stderr } = await ended
    assert.equal(status, 130, stderr)
    assert.match(stdout, /interrupted by SIGINT/i)
    assert.equal(report().interruptedBy, 'SIGINT')
    assert.equal(report().report.aborted, 20)
    assert.deepEqual(await projects(), [])
  })

  it('reports SIGTERM while the images are built and leaves nothing', async (t) => {
    const { child, saw, ended } = composeRun(t, [])
    await saw(/building the images/)
    child.kill('SIGTERM')
    const { status, stdout } = await ended
    assert.equal(status, 143)
    assert.match(stdout, /interrupted by SIGTERM/i)
    assert.deepEqual(await projects(), [])
  })

  it('leaves nothing if it is killed', async (t) => {
    const before = readdirSync(tmpdir())
    const { child, saw, ended } = composeRun(t, ['--streams', '5', '--chunks', '1000', '--no-baseline'])
    await saw(/5 open/)
    const [name = ''] = await projects()
    const folders = () => readdirSync(tmpdir()).filter((entry) => entry.startsWith('ccr-sse-stress-compose-'))
    const [made] = folders().filter((entry) => !before.includes(entry))
    assert.ok(made)
    child.kill('SIGKILL')
    await ended
    await until(async () => (await leftOf(name)).length === 0 && !folders().includes(made))
  })

  it('prints the report, leaves only the results and does not interfere with another run', async (t) => {
    const load = ['--streams', '10', '--chunks', '20']
    const reference = composeRun(t, ['--gateway', 'reference', ...load])
    const { ended, out, report } = composeRun(t, [...load, '--json-out', '/dev/null'])
    const { status, stdout, stderr } = await ended
    assert.equal(status, 0, stderr)
    assert.match(stderr, /building the images/)
    assert.match(stdout, /Verdict: PASS .*tested: ccr-rust/)
    assert.match(stdout, /Gateway CPU: +\d/)
    assert.equal(report().report.successful, 10)
    assert.equal(readdirSync(out).length, 2)
    const end = await reference.ended
    assert.equal(end.status, 0, end.stderr)
    for (const run of [report(), reference.report()]) assert.equal(run.mock.streamsServed, 10)
    assert.deepEqual(await projects(), [])
  })

  it('refuses an invalid source before anything is built', async (t) => {
    const out = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-out-'))
    t.after(() => rmSync(out, { recursive: true, force: true }))
    const args = ['run', '--topology', 'compose', '--ccr-source', out, '--out', out]
    const { status, stderr } = await startCli(args).ended
    assert.equal(status, 64)
    assert.match(stderr, /^error: --ccr-source: .*no Cargo\.toml in it/)
  })

  it('ends with status 4 and one error if there is no engine', async (t) => {
    const out = mkdtempSync(join(tmpdir(), 'ccr-sse-stress-out-'))
    t.after(() => rmSync(out, { recursive: true, force: true }))
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
    const { status, stderr } = await startCli(['run', '--topology', 'compose', '--out', out], env).ended
    assert.equal(status, 4)
    assert.match(stderr, /^error: --topology compose: no Docker engine answers.*--topology local\.$/m)
    assert.doesNotMatch(stderr, /\n\s+at /)
  })
})
