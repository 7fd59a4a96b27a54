import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ReportJson } from '../../src/report/json-schema.ts'
import { firstCpu, startBusyLoops } from '../fixtures/busy-loops.ts'
import { type CliEnd, script, startCommand } from '../fixtures/cli.ts'
import { prepareRun } from '../fixtures/run-ground.ts'
import { startStanding } from '../fixtures/standing.ts'

const [linux, taskset, prlimit] = [
  process.platform === 'linux',
  ...['taskset', 'prlimit'].map((name) => spawnSync(name, ['--version']).status === 0),
]
const skip = (!linux || !taskset || !prlimit) && 'needs Linux, taskset and prlimit'

/** Runs the command line through `command` (such as taskset and Node with its flags) and reads the JSON it wrote. */
async function runBy(
  t: TestContext,
  command: readonly string[],
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CliEnd & { readonly json: ReportJson | undefined; readonly reasons: string }> {
  const { folder, args: places } = await prepareRun(t)
  const jsonOut = join(folder, 'x.json')
  const run = ['run', '--gateway', 'reference', ...args, ...places, '--json-out', jsonOut]
  const end = await startCommand([...command, script, ...run], env).ended
  const text = await readFile(jsonOut, 'utf8').catch(() => undefined)
  const json = text === undefined ? undefined : (JSON.parse(text) as ReportJson)
  return { ...end, json, reasons: json?.verdict.timing.reasons.join('\n') ?? end.stderr }
}

const plainNode = [process.execPath]

describe('a quiet run is never invalid', { timeout: 120_000, skip }, () => {
  for (const args of [
    [],
    ['--streams', '500'],
    ['--streams', '1000'],
    ['--streams', '1000', '--ramp-ms', '1000'],
    ['--delay-ms', '0'],
    ['--delay-ms', '1'],
  ]) {
    it(`with ${args.join(' ') || 'its defaults'}`, async (t) => {
      const { status, json, reasons } = await runBy(t, plainNode, args)
      assert.equal(status, 0, reasons)
      assert.notEqual(json?.verdict.timing.state, 'invalid', reasons)
      // The readings cover only the load, not the time around it.
      const runner = json?.instrument?.runner[0]
      assert.ok(runner && runner.wallMs >= 1000 * (json?.report.wall_clock_s ?? 0) - 1, JSON.stringify(runner))
      assert.ok((runner.cpuMs ?? 0) > 0 && (runner.loopDelay?.maxMs ?? 0) > 0, JSON.stringify(runner))
      assert.equal(json?.mock?.instrument?.[0]?.name, 'mock')
    })
  }
})

describe('sabotage of the harness is detected and not blamed on the gateway', { timeout: 120_000, skip }, () => {
  /** Asserts that the run is invalid with status 3, and that one reason matches. */
  const assertFound = (end: Awaited<ReturnType<typeof runBy>>, expected: RegExp) => {
    assert.equal(end.status, 3, `${end.stderr}${end.reasons}`)
    assert.equal(end.json?.verdict.verdict, 'invalid')
    assert.equal(end.json?.verdict.timing.state, 'invalid')
    assert.match(end.reasons, expected)
    assert.doesNotMatch(end.reasons, /gateway/)
    assert.match(end.stdout, /RESULT: INVALID - /)
    assert.match(end.stdout, /^ {2}Timing: invalid$/m)
  }

  it('one CPU shared with eight busy processes', async (t) => {
    const cpu = firstCpu()
    await startBusyLoops(t, 8, cpu)
    const args = ['--streams', '40', '--chunks', '40']
    const end = await runBy(t, ['taskset', '-c', cpu, process.execPath], args)
    assertFound(end, /^The runner waited for a CPU for /m)
  })

  it('one CPU without competition is valid', async (t) => {
    const { status, reasons } = await runBy(t, ['taskset', '-c', firstCpu(), process.execPath], ['--streams', '40'])
    assert.equal(status, 0, reasons)
  })

  it('almost no free heap in the runner', async (t) => {
    const ballast = fileURLToPath(new URL('../fixtures/heap-ballast.mjs', import.meta.url))
    const flags = ['--max-old-space-size=300', '--max-semi-space-size=1', '--import', ballast]
    const end = await runBy(t, [process.execPath, ...flags], ['--streams', '100'], { BALLAST_MIB: '254' })
    assertFound(
      end,
      /^(The runner's heap is nearly full: |Garbage collection took .* in the runner, with ).* of \d+ MiB/m,
    )
  })

  it('a small heap with enough room is valid', async (t) => {
    const flags = ['--max-old-space-size=100', '--max-semi-space-size=1']
    const { status, reasons } = await runBy(t, [process.execPath, ...flags], ['--streams', '40'])
    assert.equal(status, 0, reasons)
  })

  it('too few descriptors are refused before the run', async (t) => {
    const few = ['prlimit', '--nofile=256:256', process.execPath]
    const { status, stderr, json } = await runBy(t, few, ['--streams', '300'])
    assert.equal(status, 4)
    assert.match(stderr, /^error: --streams 300 needs 664 file descriptors; this machine allows at most 96 streams /)
    assert.equal(json, undefined)
  })

  it('too few descriptors make a run invalid if they were not checked before', async (t) => {
    const { url } = await startStanding(t, ['mock'])
    const beyond = fileURLToPath(new URL('../fixtures/stress-beyond.ts', import.meta.url))
    const { stdout, stderr } = await startCommand([
      ...['prlimit', '--nofile=256:256', process.execPath, beyond, url, '400'],
    ]).ended
    const { verdict, reasons, timing, machine } = JSON.parse(stdout || '{}')
    assert.equal(verdict, 'invalid', stderr)
    assert.match(reasons[0], /\d+ of 400 streams failed on this machine: out of file descriptors \(EMFILE\)/)
    assert.equal(timing.state, 'invalid')
    assert.equal(machine.descriptors.limit, 256)
    assert.ok(machine.descriptors.left < 16, JSON.stringify(machine))
  })

  it('a mock that is stopped repeatedly', async (t) => {
    const mock = await startStanding(t, ['mock'])
    const gateway = await startStanding(t, ['gateway', '--upstream', `${mock.url}/v1`])
    const { folder } = await prepareRun(t)
    const jsonOut = join(folder, 'x.json')
    const places = ['--mock-url', mock.url, '--ccr-url', gateway.url, '--out', join(folder, 'results')]
    const args = ['--streams', '30', '--no-baseline', '--drain-limit', '0', ...places, '--json-out', jsonOut]
    const run = startCommand([process.execPath, script, 'run', '--topology', 'standing', ...args])
    const sabotage = stopAndGo(mock.run.child, run.ended)
    const end = await run.ended
    await sabotage
    const json = JSON.parse(await readFile(jsonOut, 'utf8')) as ReportJson
    assertFound({ ...end, json, reasons: json.verdict.timing.reasons.join('\n') }, /^The mock sent its deltas late: /m)
    assert.doesNotMatch(json.verdict.timing.reasons.join('\n'), /[Tt]he runner/)
  })
})

/** Stops a process for five sixths of the time until `until` settles. */
async function stopAndGo(child: { kill(signal: NodeJS.Signals): boolean }, until: Promise<unknown>): Promise<void> {
  let isOver = false
  void until.finally(() => {
    isOver = true
  })
  while (!isOver) {
    child.kill('SIGSTOP')
    await delay(500)
    child.kill('SIGCONT')
    await delay(100)
  }
}
