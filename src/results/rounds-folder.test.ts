import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { assertValidReport, assertValidRounds } from '../../test/fixtures/published-schema.ts'
import { readJunit } from '../../test/fixtures/read-junit.ts'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { UsageError } from '../base/errors.ts'
import { judge } from '../judge/judgement.ts'
import { judgeRounds, type RoundRun, roundRunOf } from '../judge/rounds/rounds.ts'
import type { RoundPlace } from '../model/rounds.ts'
import type { Run } from '../model/run.ts'
import { type Rounds, roundsJson, roundsJunit, roundsText } from '../report/rounds.ts'
import { folderOfRound, moveRun, readRounds, writeRounds } from './rounds-folder.ts'
import { runFolders } from './run-folders.ts'
import { writeResults } from './write-results.ts'

const lostMock = [
  { part: 'mock', state: 'ended', name: 'mock', phase: 'load', how: 'signal SIGKILL', lastLines: [] },
] as const
const plan = { gateways: ['reference', 'direct'], rounds: 2, retryInvalid: 1 }

/** The places of the runs; the second run of the second gateway is invalid, and repeated. */
const places: readonly (RoundPlace & Partial<Pick<Run, 'failedParts'>>)[] = [
  { gateway: 'reference', round: 1, attempt: 1 },
  { gateway: 'direct', round: 1, attempt: 1 },
  { gateway: 'direct', round: 2, attempt: 1, failedParts: lostMock },
  { gateway: 'direct', round: 2, attempt: 2 },
  { gateway: 'reference', round: 2, attempt: 1 },
]

/** Stores rounds as the command does. */
async function stored(t: TestContext): Promise<{ readonly folder: string; readonly rounds: Rounds }> {
  const folder = join(temporaryFolder(t), 'rounds')
  const runs: RoundRun[] = []
  for (const [at, { failedParts, ...place }] of places.entries()) {
    const scenario = { thresholds: ['ttft.p50 < 1s', 'cpu.time < 1s'] }
    const run = runOf(records(100), { id: `20260101-00000${at}-abcdef`, failedParts, scenario })
    const judgement = judge(run)
    const below = folderOfRound(place, roundRunOf({ ...place, folder: '' }, run, judgement), run.id)
    const written = await writeResults(join(folder, place.gateway), run, judgement, '')
    if (failedParts) await moveRun(written, join(folder, below))
    runs.push(roundRunOf({ ...place, folder: below }, run, judgement))
  }
  const rounds = { id: '20260101-000000-abcdef', plan, runs, interruptedBy: undefined, error: 'disk full' }
  const judgement = judgeRounds(plan, runs, rounds)
  await writeRounds(folder, roundsJson(rounds, judgement), roundsText(rounds, judgement, 'full'))
  return { folder, rounds }
}

describe('the folder of rounds', () => {
  it('is read again with the same conclusions, in every format', async (t) => {
    const { folder, rounds } = await stored(t)
    assertValidRounds(folder)
    const again = (await readRounds(folder)) ?? assert.fail()
    const [before, after] = [judgeRounds(plan, rounds.runs, rounds), judgeRounds(again.plan, again.runs, again)]
    for (const detail of ['short', 'full'] as const)
      assert.equal(roundsText(again, after, detail), roundsText(rounds, before, detail))
    assert.deepEqual(roundsJson(again, after), roundsJson(rounds, before))
    assertValidReport(JSON.stringify(roundsJson(again, after)))
  })

  it('is what compare takes: the runs of a gateway, without those that do not count', async (t) => {
    const { folder } = await stored(t)
    const namesIn = async (operand: string) =>
      (await runFolders(operand, [])).map((path) => path.slice(folder.length + 1))
    const direct = ['direct/20260101-000001-abcdef', 'direct/20260101-000003-abcdef']
    const reference = ['reference/20260101-000000-abcdef', 'reference/20260101-000004-abcdef']
    assert.deepEqual(await namesIn(join(folder, 'direct')), direct)
    assert.deepEqual(await namesIn(folder), [...direct, ...reference])
    assert.deepEqual(await namesIn(join(folder, '..')), [...direct, ...reference])
  })

  it('names the file if it is damaged, and nothing is read outside of the folder', async (t) => {
    const { folder } = await stored(t)
    const path = join(folder, 'rounds.json')
    const json = { schemaVersion: 1, kind: 'rounds', id: 'a', plan, interruptedBy: null, error: null }
    const outside = { gateway: 'direct', round: 1, attempt: 1, folder: '../../etc' }
    for (const [text, message] of [
      ['{', /rounds\.json: must be JSON/],
      ['{}', /rounds\.json: schemaVersion: /],
      [JSON.stringify({ ...json, runs: [outside] }), /rounds\.json: runs\.0\.folder: /],
      [JSON.stringify({ ...json, runs: [{ ...outside, folder: 'direct/none' }] }), /run\.json: no such file/],
    ] as const) {
      await writeFile(path, text)
      await assert.rejects(readRounds(folder), (error) => error instanceof UsageError && message.test(error.message))
    }
  })
})

describe('the report of rounds', () => {
  it('has one table, thresholds, the invalid run and the reason of the early end', async (t) => {
    const { rounds } = await stored(t)
    const text = roundsText(rounds, judgeRounds(plan, rounds.runs, rounds), 'short')
    assert.match(text, /^ {2}reference +2 of 2 +200 of 200 +12\.00 +12\.00/m)
    assert.match(text, /^ {4}95 % interval +n\/a +n\/a/m)
    assert.match(text, /^ {4}min to max +12\.00 to 12\.00/m)
    assert.match(text, /^ {4}direct +ttft\.p50 < 1s +ok +met in 2 of 2 runs, median 12\.00 ms$/m)
    assert.match(text, /^ {4}direct +cpu\.time < 1s +NOT MEASURED +met in 0 of 2 runs, not measured$/m)
    assert.match(text, /^ {4}round 2 +direct +INVALID +not-counted\/direct\/\S+ +The mock died/m)
    assert.match(text, /^ {2}RESULT: FAIL - Ended by an error: 2 of 2 rounds complete\. disk full$/m)
  })

  it('lists every run in full', async (t) => {
    const { rounds } = await stored(t)
    const text = roundsText(rounds, judgeRounds(plan, rounds.runs, rounds), 'full')
    assert.equal(text.match(/^ {4}round \d +(reference|direct) /gm)?.length, places.length)
    assert.match(text, /^ {4}round 2 +direct +attempt 2 +/m)
  })

  it('has a JUnit case for each verdict and threshold', async (t) => {
    const { rounds } = await stored(t)
    const compared = { operand: 'base', result: 'pass', why: '' } as const
    const { cases } = readJunit(roundsJunit(rounds, judgeRounds(plan, rounds.runs, rounds), compared))
    assert.deepEqual(
      cases.map(({ name, result }) => [name, result]),
      [
        ['reference: verdict', 'failure'],
        ['reference: ttft.p50 < 1s', undefined],
        ['reference: cpu.time < 1s', 'failure'],
        ['direct: verdict', 'failure'],
        ['direct: ttft.p50 < 1s', undefined],
        ['direct: cpu.time < 1s', 'failure'],
        ['not worse than base', undefined],
      ],
    )
  })
})
