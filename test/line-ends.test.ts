import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const skip = !existsSync(join(root, '.git')) && 'not a clone'

test('a clone with core.autocrlf has the scripts of the containers with LF', { skip }, (t) => {
  const clone = join(temporaryFolder(t), 'clone')
  const settings = ['-c', 'core.autocrlf=true', '-c', 'core.eol=crlf']
  execFileSync('git', ['clone', '--quiet', ...settings, root, clone])
  const listed = execFileSync('git', ['-C', clone, 'ls-files', '--eol'], { encoding: 'utf8' })
  assert.ok(listed.includes('config/containers/healthy.sh'))
  assert.deepEqual(
    listed.split('\n').filter((line) => /w\/(crlf|mixed)/.test(line)),
    [],
  )
  assert.ok(!readFileSync(join(clone, 'config/containers/healthy.sh'), 'utf8').includes('\r'))
})

test('no file has the marks of a merge conflict', { skip }, () => {
  // Without a match, git grep ends with status 1. A formatter puts blanks between the marks.
  const pattern = '^(< ?){7}|^(> ?){7}'
  const { status, stdout } = spawnSync('git', ['-C', root, 'grep', '-nE', pattern], { encoding: 'utf8' })
  assert.deepEqual([status, stdout], [1, ''])
})
