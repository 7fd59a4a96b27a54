/** Outputs of real processes whose descriptors are files, pipes and full devices, as a shell makes them. */
import assert from 'node:assert/strict'
import { execFileSync, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { script, startCommand } from './fixtures/cli.ts'
import { freePort } from './fixtures/free-port.ts'
import { assertValidReport, assertValidRuns } from './fixtures/published-schema.ts'
import { deadUrl } from './fixtures/standing.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'
import { until } from './fixtures/until.ts'

const golden = fileURLToPath(new URL('fixtures/golden/fail', import.meta.url))

/** Runs a command with these descriptors. A number is a file of this process, and `pipe` is collected. */
async function run(args: readonly string[], stdio: StdioOptions) {
  const child = spawn(process.execPath, [script, ...args], { stdio })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => (stream ? textOf(stream) : Promise.resolve('')))
  return { status: await ended, stdout: await (stdout ?? ''), stderr: await (stderr ?? '') }
}

/** A file of this process that is closed with the test. */
function opened(t: TestContext, path: string, flags: string): number {
  const descriptor = openSync(path, flags)
  t.after(() => closeSync(descriptor))
  return descriptor
}

const hasReport = /^ {2}RESULT: FAIL - /m
const skip = process.platform !== 'linux' && 'needs /dev/full and /proc'

describe('JSON on stdout', { skip, concurrency: 3, timeout: 60_000 }, () => {
  it('is the only content of a file, and the report goes to stderr', async (t) => {
    const path = join(temporaryFolder(t), 'x.json')
    const stdout = opened(t, path, 'w')
    const { status, stderr } = await run(['report', golden, '--json-out', '-'], ['ignore', stdout, 'pipe'])
    assert.equal(status, 0)
    assert.match(stderr, hasReport)
    assertValidReport(readFileSync(path, 'utf8'))
  })

  it('is added to a file that is appended to', async (t) => {
    const path = join(temporaryFolder(t), 'x.json')
    writeFileSync(path, 'earlier\n')
    const stdout = opened(t, path, 'a')
    const { status, stderr } = await run(['report', golden, '--json-out', '/dev/stdout'], ['ignore', stdout, 'pipe'])
    assert.equal(status, 0, stderr)
    const [earlier, ...json] = readFileSync(path, 'utf8').split('\n')
    assert.equal(earlier, 'earlier')
    assertValidReport(json.join('\n'))
    assert.ok(existsSync('/dev/stdout'))
  })

  it('is the only output that the reader of a pipe gets from a run', async (t) => {
    const out = join(temporaryFolder(t), 'results')
    const args = ['stress', '--ccr-url', await deadUrl(), '--streams', '3', '--out', out, '--json-out', '-']
    const { status, stdout, stderr } = await run(args, ['ignore', 'pipe', 'pipe'])
    assert.equal(status, 2, stderr)
    assertValidReport(stdout)
    assert.match(stderr, hasReport)
    assert.match(stderr, /^results in /m)
    assert.match(JSON.parse(stdout).rerun.command, / stress .* --streams 1 --first-stream 0$/)
    assert.doesNotMatch(JSON.parse(stdout).rerun.command, /json-out|-out -/)
    assertValidRuns(out)
  })

  it('goes to any other descriptor that the shell opened', async (t) => {
    const path = join(temporaryFolder(t), 'x.json')
    const args = ['report', golden, '--json-out', '/dev/fd/3']
    const { status, stdout } = await run(args, ['ignore', 'pipe', 'pipe', opened(t, path, 'w')])
    assert.equal(status, 0)
    assert.match(stdout, hasReport)
    assertValidReport(readFileSync(path, 'utf8'))
  })

  it('is refused in the file that stdout already goes to, which is kept', async (t) => {
    const path = join(temporaryFolder(t), 'x')
    const stdout = opened(t, path, 'w')
    const { status, stderr } = await run(['report', golden, '--json-out', path], ['ignore', stdout, 'pipe'])
    assert.equal(status, 4)
    assert.match(stderr, /^error: .*x: stdout already goes to this file\..* - for stdout\.\n$/)
    assert.ok(existsSync(path))
  })
})

describe('results that cannot be written', { skip, concurrency: 3, timeout: 60_000 }, () => {
  it('do not drop the JSON, and leave no folder of the run', async (t) => {
    const out = join(temporaryFolder(t), 'results')
    const args = ['stress', '--ccr-url', await deadUrl(), '--streams', '3', '--out', out, '--json-out', '-']
    // No file may be larger than 1 KiB; pipes may.
    const { status, stdout, stderr } = await startCommand([
      'prlimit',
      '--fsize=1024',
      process.execPath,
      script,
      ...args,
    ]).ended
    assert.equal(status, 4, stderr)
    assertValidReport(stdout)
    assert.match(stderr, hasReport)
    assert.match(stderr, /^error: .*results\/.*: larger than the file size limit of this process$/m)
    assert.deepEqual(readdirSync(out), [])
  })

  it('because nothing reads from a named pipe are refused before the load', async (t) => {
    const folder = temporaryFolder(t)
    const [pipe, out] = [join(folder, 'pipe'), join(folder, 'results')]
    execFileSync('mkfifo', [pipe])
    const args = ['stress', '--ccr-url', await deadUrl(), '--out', out, '--json-out', pipe]
    const { status, stdout, stderr } = await run(args, ['ignore', 'pipe', 'pipe'])
    assert.deepEqual([status, stdout], [4, ''])
    assert.match(stderr, /^error: .*pipe: nothing reads from this named pipe\. Start its reader first\.\n$/)
    assert.ok(statSync(pipe).isFIFO())
    assert.equal(existsSync(out), false)
  })

  it('as `latest`, because a folder has that name, are still complete, and stderr reports it', async (t) => {
    const out = join(temporaryFolder(t), 'results')
    mkdirSync(join(out, 'latest', 'mine'), { recursive: true })
    const args = ['stress', '--ccr-url', await deadUrl(), '--streams', '3', '--out', out]
    const { status, stderr } = await run(args, ['ignore', 'pipe', 'pipe'])
    assert.equal(status, 2, stderr)
    assert.match(stderr, /results in .*\n.*latest: not updated, because it is not a symbolic link\n/)
    assertValidRuns(out)
    assert.equal(readdirSync(out).length, 2)
    assert.deepEqual(readdirSync(join(out, 'latest')), ['mine'])
  })
})

describe('a full stderr', { skip, concurrency: 3, timeout: 60_000 }, () => {
  for (const [what, args, status, stdout] of [
    ['report', ['report', golden, '--json-out', '-'], 0, /^\{\n(?:.*\n)*\}\n$/],
    ['check', ['check', '--events', '--all', fileURLToPath(import.meta.url)], 0, /^$/],
    ['refused command line', ['run', '--streams', '0'], 64, /^$/],
  ] as const)
    it(`changes neither status nor stdout of a ${what}`, async (t) => {
      const full = await run(args, ['ignore', 'pipe', opened(t, '/dev/full', 'w')])
      assert.equal(full.status, status)
      assert.match(full.stdout, stdout)
    })

  it('does not end a run', async (t) => {
    const out = join(temporaryFolder(t), 'results')
    const args = ['stress', '--ccr-url', await deadUrl(), '--streams', '3', '--out', out]
    const { status, stdout } = await run(args, ['ignore', 'pipe', opened(t, '/dev/full', 'w')])
    assert.equal(status, 2)
    assert.match(stdout, hasReport)
    assertValidRuns(out)
  })

  it('does not end a server', async (t) => {
    const port = await freePort()
    const args = ['mock', '--port', `${port}`, '--log-level', 'trace']
    const stdio: StdioOptions = ['ignore', 'ignore', opened(t, '/dev/full', 'w')]
    const child = spawn(process.execPath, [script, ...args], { stdio })
    t.after(() => child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('close', resolve))
    await until(async () => {
      if (child.exitCode !== null) assert.fail(`the mock ended with ${child.exitCode}`)
      return await new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true))
        socket.once('error', () => resolve(false))
        socket.once('connect', () => socket.destroy())
      })
    })
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  })
})
