import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError } from '../base/errors.ts'
import { checkTemporaryFolder, homeFolder, makeTemporaryFolder } from './user-folders.ts'

const unknownUser = () => {
  throw Object.assign(new Error('uv_os_homedir returned ENOENT (no such file or directory)'), {
    code: 'ERR_SYSTEM_ERROR',
  })
}

test('the home folder is HOME, else that of the user database, else an error that names HOME', () => {
  assert.equal(homeFolder({ HOME: '/home/me' }, unknownUser), '/home/me')
  assert.equal(
    homeFolder({}, () => '/root'),
    '/root',
  )
  for (const env of [{}, { HOME: '' }])
    assert.throws(
      () => homeFolder(env, unknownUser),
      (error) =>
        error instanceof EnvironmentError && /^HOME is not set, and .*no home folder\. Set HOME\.$/.test(error.message),
    )
})

test('a folder for temporary files that is missing or a file is an error that names TMPDIR', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const [parent, reason] of [
    [join(folder, 'none'), 'no such folder'],
    [file, 'not a folder'],
  ] as const) {
    const message = `TMPDIR: no temporary files can be written to ${parent} (${reason}). Set TMPDIR to a folder that exists and is writable.`
    for (const refused of [makeTemporaryFolder('x-', parent), checkTemporaryFolder(parent)])
      await assert.rejects(refused, (error) => error instanceof EnvironmentError && error.message === message)
  }
  await checkTemporaryFolder(folder)
  await makeTemporaryFolder('made-', folder)
  assert.ok(readdirSync(folder).some((name) => name.startsWith('made-')))
})
