import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runCli } from './fixtures/cli.ts'
import { prepareRun, startRun } from './fixtures/run-ground.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const golden = (name: string) => fileURLToPath(new URL(`fixtures/golden/${name}`, import.meta.url))
const folder = temporaryFolder({ after })

test('report prints what the run printed, byte for byte, and writes the same JSON', async (t) => {
  const run = await prepareRun(t)
  const [before, again] = [join(run.folder, 'run.json'), join(run.folder, 'again.json')]
  const ended = await startRun(['--json-out', before, ...run.args], { streams: 30, chunks: 5, delayMs: 10 }).ended
  // On a busy machine the run may be invalid.
  assert.ok([0, 3].includes(ended.status ?? -1), ended.stderr)
  const latest = join(run.folder, 'results', 'latest')
  const { status, stdout, stderr } = await runCli(['report', latest, '--json-out', again])
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(stdout, ended.stdout)
  assert.deepEqual(await readFile(again), await readFile(before))
  const full = await runCli(['report', '--report', 'full', latest])
  assert.equal(full.stdout, await readFile(join(latest, 'report.txt'), 'utf8'))
})

test('report prints several runs in sequence and exits with 0 for any verdict', async () => {
  const [invalid, failed, both] = await Promise.all(
    [[golden('invalid')], [golden('fail')], [golden('invalid'), golden('fail')]].map((paths) =>
      runCli(['report', ...paths]),
    ),
  )
  assert.deepEqual([invalid?.status, failed?.status, both?.status], [0, 0, 0])
  assert.match(invalid?.stdout ?? '', /^ {2}RESULT: INVALID - /m)
  assert.match(failed?.stdout ?? '', /^ {2}RESULT: FAIL - /m)
  assert.equal(both?.stdout, `${invalid?.stdout}${failed?.stdout}`)
})

/** A copy of a stored run with one of its files changed. */
function changed(name: string, file: string, change: (text: string) => string): string {
  const copy = join(folder, name)
  cpSync(golden('pass'), copy, { recursive: true })
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file), 'utf8')))
  return copy
}

test('every folder that is not a run is named', async () => {
  const { status, stdout, stderr } = await runCli(['report', join(folder, 'one'), golden('fail'), join(folder, 'two')])
  assert.deepEqual([status, stdout], [64, ''])
  assert.match(stderr, /^error: .*one\/run\.json: no such file.*\nerror: .*two\/run\.json: no such file.*\n$/)
})

for (const [what, args, says] of [
  ['no folder', async () => [], /^error: report needs a run folder\. .*results\/latest\.\n$/],
  [
    'a folder that does not exist',
    async () => [join(folder, 'none')],
    /none\/run\.json: no such file\. Pass the folder/,
  ],
  [
    'a folder that is not a run',
    async () => {
      await mkdir(join(folder, 'empty'))
      return [join(folder, 'empty')]
    },
    /empty\/run\.json: no such file\. Pass the folder of a run/,
  ],
  [
    'a line that is cut off',
    async () => [changed('cut', 'streams.ndjson', (text) => text.slice(0, -20))],
    /cut\/streams\.ndjson:12: the last line is cut off/,
  ],
  [
    'a line that is not JSON',
    async () => [changed('broken', 'streams.ndjson', (text) => text.replace('\n', '}\n'))],
    /broken\/streams\.ndjson:1: must be JSON/,
  ],
  [
    'a JSON file for two runs',
    async () => [golden('pass'), golden('warn'), '--json-out', join(folder, 'x.json')],
    /^error: --json-out: works with one run folder \(got 2\)\. Pass one folder\.\n$/,
  ],
] as const)
  test(`report refuses ${what} in one line, with status 64 and no output`, async () => {
    const { status, stdout, stderr } = await runCli(['report', ...(await args())])
    assert.deepEqual([status, stdout], [64, ''])
    assert.match(stderr, says)
    assert.equal(stderr.split('\n').length, 2, stderr)
  })
