/** `compare` and `run --against` as commands. What they conclude is tested next to `src/judge/compare.ts`. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeResults } from '../src/results/write-results.ts'
import { runCli } from './fixtures/cli.ts'
import { judgedRun, type World } from './fixtures/compared-runs.ts'
import { freePorts } from './fixtures/free-port.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const golden = fileURLToPath(new URL('fixtures/golden/', import.meta.url))

/** The folder of a synthetic run. */
async function stored(out: string, seed: number, world: World = {}): Promise<string> {
  const { run, judgement } = judgedRun(seed, world)
  return writeResults(out, run, judgement, '')
}

describe('the command compare', () => {
  it('prints a table, writes JSON, and exits with 1 if the new run is worse', async (t) => {
    const folder = temporaryFolder(t)
    const base = await stored(join(folder, 'base'), 1)
    const slow = await stored(join(folder, 'slow'), 2, { slower: 3 })
    const json = join(folder, 'compare.json')
    const [same, worse, markdown] = await Promise.all([
      runCli(['compare', base, await stored(join(folder, 'same'), 3)]),
      runCli(['compare', base, slow, '--json-out', json]),
      runCli(['compare', join(folder, 'base'), slow, '--format', 'markdown', '--allow', '500%', '--json-out', '-']),
    ])
    assert.deepEqual([same.status, same.stderr], [0, ''])
    assert.match(same.stdout, /\nRESULT: NO DIFFERENCE SHOWN - 12 metrics compared\n$/)
    assert.equal(worse.status, 1)
    assert.match(worse.stdout, /\n {2}TTFT p50 .* worse\n/)
    assert.equal(JSON.parse(readFileSync(json, 'utf8')).verdict, 'worse')
    assert.equal(markdown.status, 0)
    assert.equal(JSON.parse(markdown.stdout).verdict, 'no-difference-shown')
    assert.match(markdown.stderr, /^\*\*RESULT: NO DIFFERENCE SHOWN/)
  })

  it('exits with 64 for what it cannot compare, with one line each, and keeps an old result', async (t) => {
    const folder = temporaryFolder(t)
    const json = join(folder, 'compare.json')
    writeFileSync(json, 'old')
    const base = await stored(join(folder, 'base'), 1)
    const refused = (args: readonly string[]) => runCli(['compare', ...args])
    const [missing, absent, twice, other, invalid, flags] = await Promise.all([
      refused([]),
      refused([join(folder, 'absent'), folder, '--json-out', json]),
      refused([base, join(folder, 'base')]),
      refused([base, join(golden, 'pass')]),
      refused([join(golden, 'pass'), join(golden, 'invalid'), '--allow-different', 'scenario']),
      refused([base, base, '--allow', '5', '--allow', 'ttft=3%', '--allow-different', 'moon', '--format', 'pdf']),
    ])
    for (const { status, stdout } of [missing, absent, twice, other, invalid, flags])
      assert.deepEqual([status, stdout], [64, ''])
    assert.match(missing.stderr, /^error: compare needs BASE\. Pass BASE and NEW.*\nerror: compare needs NEW\. .*\n$/)
    assert.match(absent.stderr, /absent: no such folder.*\nerror: .*: contains no run \(no run\.json\)\. .*\n$/)
    assert.equal(readFileSync(json, 'utf8'), 'old')
    assert.match(twice.stderr, /is the same folder as .*\. Pass different runs\.\n$/)
    assert.match(
      other.stderr,
      /^(error: .*: not comparable with .* To compare anyway, pass --allow-different \w+\.\n)+$/,
    )
    assert.match(invalid.stderr, /invalid: the run is invalid: /)
    assert.equal(flags.stderr.trim().split('\n').length, 4, flags.stderr)
  })
})

describe('run --against', () => {
  it('is refused before anything starts if the runs will not be comparable, or without it', async (t) => {
    const out = join(temporaryFolder(t), 'out')
    const [other, without] = await Promise.all([
      runCli(['run', '--gateway', 'reference', '--out', out, '--against', join(golden, 'pass')]),
      runCli(['run', '--gateway', 'reference', '--out', out, '--allow', '5%', '--allow-different', 'machine']),
    ])
    assert.deepEqual([other.status, other.stdout, existsSync(out)], [64, '', false])
    assert.match(
      other.stderr,
      /error: this run: not comparable with .*pass: streams is 100 instead of \d+\. To compare/,
    )
    assert.equal(without.status, 64)
    assert.match(without.stderr, /--allow needs --against: .*\n.*--allow-different needs --against: there is no run/)
  })

  it('prints the comparison below the report and decides the exit status', async (t) => {
    const out = temporaryFolder(t)
    const [mockPort, ccrPort] = await freePorts(2)
    const ports = ['--mock-port', `${mockPort}`, '--ccr-port', `${ccrPort}`]
    const load = [
      '--streams',
      '5',
      '--chunks',
      '2',
      '--delay-ms',
      '1',
      '--no-warm-up',
      '--no-baseline',
      '--drain-limit',
      '0',
    ]
    const args = ['run', '--gateway', 'reference', ...ports, ...load]
    await runCli([...args, '--out', join(out, 'base')])
    const file = join(out, 'base', 'latest', 'run.json')
    const base = JSON.parse(readFileSync(file, 'utf8'))
    assert.equal(base.topology, 'local')
    // Memory does not depend on the timing of this machine. Without its readings, the run is valid on a busy one.
    writeFileSync(
      file,
      JSON.stringify({
        ...base,
        instrument: undefined,
        mock: undefined,
        cost: { ...base.cost, memoryPeakBytes: 2 ** 20 },
      }),
    )
    const { status, stdout, stderr } = await runCli([...args, '--out', out, '--against', join(out, 'base')])
    assert.match(stderr, /\nresults in /)
    if (status === 3) assert.match(stdout, /\nNot compared with \S+base: the run is invalid: /)
    else {
      assert.equal(status, 1, stdout + stderr)
      assert.match(
        stdout,
        /Verdict: PASS[\s\S]*\nCompared with \S+base:\n\nBASE: [\s\S]*\nRESULT: WORSE - worse: .*Gateway memory peak/,
      )
    }
  })
})
