import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { assertValidRun } from '../../test/fixtures/published-schema.ts'
import { failedRecord, records, runOf, seriesOfTwoSeconds } from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError } from '../base/errors.ts'
import { judge } from '../judge/judgement.ts'
import type { Run } from '../model/run.ts'
import { checkWritable } from './writable.ts'
import { linkLatest, writeResults } from './write-results.ts'

function namesPath(path: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EnvironmentError, String(error))
    assert.ok(error.message.startsWith(`${path}: `), error.message)
    assert.match(error.message, message)
    return true
  }
}

const run = runOf([...records(3), failedRecord(3)])
const verdict = judge(run)

describe("a run's folder", () => {
  it('contains run.json, one record per line, the report, and no temporary file', async (t) => {
    const out = join(temporaryFolder(t), 'deep', 'results')
    const folder = await writeResults(out, run, verdict, 'the report\n')
    assertValidRun(folder)
    assert.equal(folder, join(out, run.id))
    assert.deepEqual((await readdir(folder)).sort(), ['flights.ndjson', 'report.txt', 'run.json', 'streams.ndjson'])
    assert.deepEqual(await readdir(out), [run.id])
    assert.equal(await readFile(join(folder, 'report.txt'), 'utf8'), 'the report\n')
    const json = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8'))
    assert.equal(json.report.failed, 1)
    assert.equal(json.verdict.verdict, 'fail')
    assert.ok(!('streams' in json) && !('records' in json))
    const lines = (await readFile(join(folder, 'streams.ndjson'), 'utf8')).split('\n')
    assert.equal(lines.pop(), '')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      run.records,
    )
  })

  it('has the values over time as compact columns and as CSV', async (t) => {
    const measured = runOf(records(120), { series: seriesOfTwoSeconds(120) })
    const folder = await writeResults(temporaryFolder(t), measured, judge(measured), '')
    assertValidRun(folder)
    const text = await readFile(join(folder, 'run.json'), 'utf8')
    assert.match(text, /^ {4}"starts": \[ 120, 0 \],$/m)
    assert.match(text, /^ {4}"activeStreams": \[ 120, null \],$/m)
    assert.deepEqual(JSON.parse(text).series, measured.series)
    const [header, first, second, ...rest] = (await readFile(join(folder, 'series.csv'), 'utf8')).split('\r\n')
    assert.match(header ?? '', /^second,phase,starts,/)
    assert.equal(
      first,
      '0,load,120,0,0,0,120,120,0.03,120,11.9675,11.9675,11.9675,12,120,0.4,0.4,0.4,0.4,,100000000,120,90000000',
    )
    assert.equal(second, '1,load,0,0,120,0,0,480,0,,,,,,120,0.3,0.3,0.3,0.3,0.25,110000000,,91000000')
    assert.deepEqual(rest, [''])
  })

  it('has one line per stream if the streams are written in several batches', async (t) => {
    const many = runOf(records(2500))
    const folder = await writeResults(temporaryFolder(t), many, judge(many), '')
    const lines = (await readFile(join(folder, 'streams.ndjson'), 'utf8')).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).stream),
      many.records.map(({ stream }) => stream),
    )
  })

  it('is the target of the relative link latest until the next run', async (t) => {
    const out = temporaryFolder(t)
    for (const id of ['20261124-052454-000001', '20261124-052455-000002']) {
      await writeResults(out, { ...run, id }, verdict, id)
      assert.equal(await linkLatest(out, id), undefined)
      assert.equal(await readlink(join(out, 'latest')), id)
      assert.equal(await readFile(join(out, 'latest', 'report.txt'), 'utf8'), id)
    }
  })

  it('is never overwritten', async (t) => {
    const out = temporaryFolder(t)
    const folder = await writeResults(out, run, verdict, 'first')
    await assert.rejects(writeResults(out, run, verdict, 'second'), namesPath(folder, /already exists/))
    assert.equal(await readFile(join(folder, 'report.txt'), 'utf8'), 'first')
  })

  it('stays below the results folder for any id', async (t) => {
    const out = join(temporaryFolder(t), 'results')
    await assert.rejects(writeResults(out, { ...run, id: '../escaped' }, verdict, ''), /not a run id/)
    await assert.rejects(stat(out), { code: 'ENOENT' })
  })

  it('that cannot be created causes an environment error that names it', async (t) => {
    const file = join(temporaryFolder(t), 'a-file')
    await writeFile(file, '')
    await assert.rejects(writeResults(file, run, verdict, ''), namesPath(join(file, run.id), /./))
  })

  it('is not left incomplete if it cannot be written', async (t) => {
    const out = temporaryFolder(t)
    const unwritable = { ...run, records: [...run.records, { toJSON: () => assert.fail('cannot be written') }] }
    await assert.rejects(writeResults(out, unwritable as unknown as Run, verdict, ''), /cannot be written/)
    assert.deepEqual(await readdir(out), [])
  })

  it('is complete even if latest is not a link, which then stays, and the reason is returned', async (t) => {
    for (const make of [
      (path: string) => mkdir(join(path, 'mine'), { recursive: true }),
      (path: string) => writeFile(path, ''),
    ]) {
      const out = temporaryFolder(t)
      await make(join(out, 'latest'))
      await checkWritable(out)
      assertValidRun(await writeResults(out, run, verdict, ''))
      const reason = `${join(out, 'latest')}: not updated, because it is not a symbolic link`
      assert.equal(await linkLatest(out, run.id), reason)
      assert.deepEqual((await readdir(out)).sort(), [run.id, 'latest'])
    }
  })

  it('is complete even if the file system has no links', {
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    assert.match((await linkLatest('/proc/self', 'x')) ?? '', /^\/proc\/self\/latest: .* \(not updated\)$/)
  })
})

describe('the check of the results folder before a run', () => {
  it('creates a missing folder and leaves it empty', async (t) => {
    const out = join(temporaryFolder(t), 'deep', 'results')
    await checkWritable(out)
    assert.deepEqual(await readdir(out), [])
    await checkWritable(out)
  })

  it('refuses a file, a path through a file and a dangling link, and names the path', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    await symlink(join(folder, 'none', 'none'), join(folder, 'a-link'))
    for (const path of [file, join(file, 'results'), join(folder, 'a-link')])
      await assert.rejects(checkWritable(path), namesPath(path, /./))
  })

  it('refuses a folder that is not writable', {
    timeout: 30_000,
    skip: process.platform !== 'linux' && 'needs /proc',
  }, async () => {
    await assert.rejects(checkWritable('/proc/self'), namesPath('/proc/self', /./))
    // Node's own recursive mkdir never ends here.
    for (const path of ['/proc/none', '/proc/none/deep/results'])
      await assert.rejects(checkWritable(path), namesPath('/proc/none', /no folder can be created in \/proc/))
  })

  it('refuses less than 64 MiB of free space', async (t) => {
    const out = temporaryFolder(t)
    await checkWritable(out, async () => 64 * 2 ** 20)
    await assert.rejects(
      checkWritable(out, async () => 64 * 2 ** 20 - 1),
      namesPath(out, /only 63 MiB free; a run needs 64 MiB/),
    )
  })
})
