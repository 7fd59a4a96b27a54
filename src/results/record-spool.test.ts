import assert from 'node:assert/strict'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { failedRecord, records, wholeRecord } from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { keepSecret } from '../process/secrets.ts'
import { createSpool, spoolIn } from './record-spool.ts'

const linesOf = (numbers: readonly number[]) =>
  Buffer.from(numbers.map((stream) => `${JSON.stringify(wholeRecord(stream))}\n`).join(''))

describe('the records of a run on disk', () => {
  it('are complete lines in the sequence in which they were written, and those in memory follow at the end', async (t) => {
    const folder = join(temporaryFolder(t), 'deep', 'run')
    const spool = createSpool(folder)
    assert.equal(spoolIn(folder), undefined)
    spool.write(linesOf([4, 2]), 2)
    spool.add(failedRecord(3))
    spool.write(linesOf([0]), 1)
    const { records: all, why, thinned } = await spool.collect([wholeRecord(1, { fault: 'flip-byte' })])
    assert.deepEqual([why, thinned], [undefined, undefined])
    assert.deepEqual(
      all.map(({ stream }) => stream),
      [0, 1, 2, 3, 4],
    )
    assert.equal(spoolIn(folder), spool)
    assert.deepEqual(
      all.map((record) => spool.isWritten(record)),
      [true, false, true, true, true],
    )
    assert.equal(await spool.complete(all.map((record) => ({ ...record, attempts: 1 }))), 5)
    const stored = (await readFile(join(folder, 'streams.ndjson'), 'utf8')).split('\n')
    assert.equal(stored.pop(), '')
    assert.deepEqual(
      stored.map((line) => JSON.parse(line)).map(({ stream, attempts }) => [stream, attempts]),
      [
        [4, undefined],
        [2, undefined],
        [3, undefined],
        [0, undefined],
        [1, 1],
      ],
    )
    assert.equal(spoolIn(folder), undefined)
  })

  it('have no secret, even if the gateway repeated one', async (t) => {
    keepSecret('sk-spool-3f9c2a77')
    const folder = join(temporaryFolder(t), 'run')
    const spool = createSpool(folder)
    const rawBase64 = Buffer.from('event: error sk-spool-3f9c2a77').toString('base64')
    spool.add(failedRecord(0, 'inband_error', { detail: 'wrong key sk-spool-3f9c2a77', rawBase64 }))
    const { records: all } = await spool.collect([])
    await spool.complete(all)
    const text = await readFile(join(folder, 'streams.ndjson'), 'utf8')
    assert.match(text, /wrong key \[redacted\]/)
    assert.ok(!Buffer.from(JSON.parse(text).rawBase64, 'base64').toString().includes('sk-spool'))
  })

  it('do not exist if none was written: the records in memory are all', async (t) => {
    const out = temporaryFolder(t)
    const spool = createSpool(join(out, 'run'))
    assert.deepEqual(await spool.collect(records(2)), { records: records(2) })
    assert.deepEqual(await readdir(out), [])
  })

  it('stay in memory, and the load ends, if the folder cannot be created', async (t) => {
    const folder = join(temporaryFolder(t), 'run')
    await mkdir(folder)
    const spool = createSpool(folder)
    spool.write(linesOf([1, 0]), 2)
    const { records: all, why } = await spool.collect([wholeRecord(2)])
    assert.ok(spool.signal.aborted)
    assert.equal(why, `${join(folder, 'streams.ndjson')}: already exists`)
    assert.deepEqual(all, records(3))
    assert.equal(spoolIn(folder), undefined)
  })

  it('end the load if the disk is slower than the streams end', async (t) => {
    const spool = createSpool(join(temporaryFolder(t), 'run'))
    const line = linesOf([0])
    const many = Buffer.alloc(65 * 2 ** 20, line)
    spool.write(many.subarray(0, many.length - (many.length % line.length)), Math.floor(many.length / line.length))
    assert.ok(spool.signal.aborted)
  })
})
