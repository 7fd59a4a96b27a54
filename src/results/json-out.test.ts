import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { records, runOf } from '../../test/fixtures/runs.ts'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError } from '../base/errors.ts'
import { judge } from '../judge/judgement.ts'
import { reportJson } from '../report/json.ts'
import { checkWritableFile, writeJsonOut } from './json-out.ts'

const run = runOf(records(2))
const json = reportJson(run, judge(run))

describe('the file of --json-out', () => {
  it('contains the JSON, replaces an existing file, and leaves no temporary file', async (t) => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'x.json')
    await writeFile(path, 'old')
    await checkWritableFile(path)
    assert.equal(await readFile(path, 'utf8'), 'old')
    await writeJsonOut(path, json, 'id')
    assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), JSON.parse(JSON.stringify(json)))
    assert.deepEqual(await readdir(folder), ['x.json'])
  })

  it('may be a link to a file, and the link is kept', async (t) => {
    const folder = temporaryFolder(t)
    await writeFile(join(folder, 'target.json'), 'old')
    await symlink('target.json', join(folder, 'x.json'))
    await writeJsonOut(join(folder, 'x.json'), json, 'id')
    assert.equal(await readlink(join(folder, 'x.json')), 'target.json')
    assert.match(await readFile(join(folder, 'target.json'), 'utf8'), /"schemaVersion": 1/)
  })

  it('may be a named pipe, and the pipe is kept', { skip: process.platform === 'win32' }, async (t) => {
    const path = join(temporaryFolder(t), 'pipe')
    await promisify(execFile)('mkfifo', [path])
    const [text] = await Promise.all([readFile(path, 'utf8'), writeJsonOut(path, json, 'id')])
    assert.equal(JSON.parse(text).schemaVersion, 1)
    assert.ok((await stat(path)).isFIFO())
  })

  it('is refused if it is a folder, or its folder is missing or a file', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    for (const [path, message] of [
      [folder, /is a folder/],
      [join(folder, 'none', 'x.json'), /the folder .*none does not exist/],
      [join(file, 'x.json'), /a part of the path is a file/],
    ] as const) {
      for (const refuse of [checkWritableFile, (at: string) => writeJsonOut(at, json, 'id')])
        await assert.rejects(refuse(path), (error) => {
          assert.ok(error instanceof EnvironmentError, String(error))
          assert.ok(error.message.startsWith(`${path}: `), error.message)
          assert.match(error.message, message)
          return true
        })
    }
    assert.deepEqual(await readdir(folder), ['a-file'])
  })

  it('names its path if the disk is full', { skip: process.platform !== 'linux' && 'needs /dev/full' }, async (t) => {
    const path = join(temporaryFolder(t), 'full')
    await symlink('/dev/full', path)
    await assert.rejects(writeJsonOut(path, json, 'id'), {
      name: 'EnvironmentError',
      message: `${path}: no space left on the device`,
    })
    assert.ok((await stat(path)).isCharacterDevice())
  })
})
