import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { markOf } from '../src/process/owner.ts'
import { runCli } from './fixtures/cli.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

test('cleanup removes the temporary folders of runs that have ended, and succeeds without Docker', async (t) => {
  const folder = temporaryFolder(t)
  const temporary = join(folder, 'tmp')
  const own = markOf()
  const ended = own.replace(/^\d+-\d+/, '4194303-1')
  const names = [`ccr-sse-stress-${own}-a1`, `ccr-sse-stress-${ended}-a1`, `ccr-sse-stress-compose-${ended}-a1`, 'mine']
  for (const name of names) mkdirSync(join(temporary, name, 'content'), { recursive: true })
  const end = await runCli(['cleanup'], { TMPDIR: temporary, PATH: folder })
  const removed = names.slice(1, 3)
  assert.equal(end.status, 0, end.stderr)
  assert.deepEqual(
    end.stdout.split('\n').filter(Boolean).sort(),
    removed.map((name) => `removed ${join(temporary, name)}`).sort(),
  )
  assert.deepEqual(readdirSync(temporary).sort(), names.filter((name) => !removed.includes(name)).sort())
})
