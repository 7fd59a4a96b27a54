import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { judgedRun, type World } from '../../test/fixtures/compared-runs.ts'
import { readJunit } from '../../test/fixtures/read-junit.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { UsageError } from '../base/errors.ts'
import { readMachine } from '../host/machine.ts'
import type { JudgedRun } from '../judge/compare/estimates.ts'
import { runJunit } from '../report/run-junit.ts'
import { writeResults } from '../results/write-results.ts'
import { readBase } from './against.ts'

const here = { machine: readMachine(), topology: 'local' } as const

/** A run of this machine, written below `out`. */
async function stored(out: string, seed: number, world: World = {}): Promise<JudgedRun> {
  const judged = judgedRun(seed, { ...world, members: { ...here, ...world.members } })
  return { ...judged, folder: await writeResults(out, judged.run, judged.judgement, '') }
}

const against = (operand: string) => ({ operand, allowances: { metrics: new Map() }, allowDifferent: [] })

const plannedOf = ({ run: { scenario, target } }: JudgedRun) => ({
  scenario,
  protocol: target.protocol,
  gatewayUrl: target.baseUrl,
})

describe('run --against', () => {
  it('decides the exit status, unless the run itself is worse off', async (t) => {
    const out = temporaryFolder(t)
    const base = await stored(out, 1)
    const compare = await readBase(against(out), plannedOf(base), 'local')
    const statusOf = (changed: JudgedRun) => compare(changed)
    const junitOf = (changed: JudgedRun) =>
      readJunit(runJunit(changed.run, changed.judgement, compare(changed).junit)).cases[1]
    const same = statusOf(judgedRun(2, { members: here }))
    assert.deepEqual([same.exitStatus, same.isRefused], [0, false])
    assert.match(
      same.text,
      /^\nCompared with \/.*:\n\nBASE: .*\n[\s\S]*\nRESULT: NO DIFFERENCE SHOWN - 12 metrics compared\n$/,
    )
    const worse = statusOf(judgedRun(3, { members: here, slower: 3 }))
    assert.deepEqual([worse.exitStatus, /RESULT: WORSE - worse: TTFT p50/.test(worse.text)], [1, true])
    const failed = junitOf(judgedRun(3, { members: here, slower: 3 }))
    assert.deepEqual([failed?.name, failed?.result], [`not worse than ${out}`, 'failure'])
    assert.match(failed?.message ?? '', /^RESULT: WORSE - worse: TTFT p50/)
    assert.equal(junitOf(judgedRun(2, { members: here }))?.result, undefined)
    const better = statusOf(judgedRun(4, { members: here, slower: 0.4 }))
    assert.deepEqual([better.exitStatus, /RESULT: BETTER/.test(better.text)], [0, true])
    // 60 of 100 streams failed: status 2.
    assert.equal(statusOf(judgedRun(5, { members: here, failed: 60 })).exitStatus, 2)
  })

  it('compares several runs, whose own exit statuses the caller knows', async (t) => {
    const out = temporaryFolder(t)
    const base = await stored(out, 1)
    for (const seed of [2, 3, 4]) await stored(out, seed)
    const compare = await readBase(against(out), plannedOf(base), 'local')
    const several = [5, 6, 7, 8].map((seed) => judgedRun(seed, { members: here, failed: 60 }))
    const compared = compare(...several)
    assert.match(compared.text, /4 runs and 4 runs that did not take turns/)
    // Failed streams make it worse, and the status is that of the comparison: one of the runs alone would have 2.
    assert.deepEqual([compared.exitStatus, /RESULT: WORSE/.test(compared.text)], [1, true])
    assert.match(
      compare(...several.slice(0, 3), judgedRun(9, { members: { ...here, interruptedBy: 'SIGINT' } })).text,
      /Not compared/,
    )
  })

  it('leaves an invalid or interrupted run what it is', async (t) => {
    const out = temporaryFolder(t)
    const base = await stored(out, 1)
    const compare = await readBase(against(base.folder), plannedOf(base), 'local')
    const failedParts = [
      { part: 'mock', name: 'mock', state: 'ended', how: 'x', phase: 'load', lastLines: [] },
    ] as const
    const invalid = compare(judgedRun(2, { slower: 3, members: { ...here, failedParts } }))
    assert.deepEqual([invalid.exitStatus, invalid.junit.result], [3, 'not-judged'])
    assert.match(invalid.text, /^\nNot compared with \S+: the run is invalid: .*mock.*\.\n$/)
    const interrupted = compare(judgedRun(2, { slower: 3, members: { ...here, interruptedBy: 'SIGTERM' } }))
    assert.deepEqual([interrupted.exitStatus, /interrupted by SIGTERM/.test(interrupted.text)], [143, true])
  })

  it('refuses before the run what it knows then, and after it the rest', async (t) => {
    const out = temporaryFolder(t)
    const base = await stored(out, 1)
    const planned = plannedOf(base)
    const refuses = (read: Promise<unknown>, message: RegExp) =>
      assert.rejects(read, (error) => error instanceof UsageError && message.test(error.message))
    const other = { ...planned, scenario: { ...planned.scenario, streams: 5 } }
    await refuses(
      readBase(against(base.folder), other, 'local'),
      /^this run: not comparable with .*: streams is 5 instead/,
    )
    await refuses(readBase(against(base.folder), planned, 'containers'), /topology is containers instead of local/)
    await refuses(readBase(against(join(out, 'absent')), planned, 'local'), /absent: no such folder/)
    await refuses(readBase(against(`${out},${base.folder}`), planned, 'local'), /is the same folder as/)
    const compare = await readBase(against(base.folder), planned, 'local')
    const limited = compare(judgedRun(2, { members: { ...here, cost: { container: { cpuLimit: 1 } } } }))
    assert.deepEqual([limited.exitStatus, limited.isRefused, limited.junit.result], [64, true, 'fail'])
    assert.match(limited.text, /^error: \S+: not comparable with .*: CPU limit of the gateway is 1 instead of none\./)
  })
})
