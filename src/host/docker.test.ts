import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { readDocker } from './docker.ts'

const timeout = 10_000

/** A `docker` that answers `version` and `compose` with these shell commands. */
function ask(t: TestContext, version: string, compose: string, timeoutMs = 5000) {
  const folder = temporaryFolder(t)
  const command = join(folder, 'docker')
  writeFileSync(command, `#!/bin/sh\ncase "$1" in version) ${version};; compose) ${compose};; esac\n`)
  chmodSync(command, 0o755)
  return readDocker({ env: { PATH: `${folder}:/usr/bin:/bin` }, timeoutMs })
}

test('an engine and compose are told with their versions', { timeout }, async (t) => {
  assert.deepEqual(await ask(t, 'echo 26.1.5', 'echo 2.26.1'), { engine: '26.1.5', compose: '2.26.1' })
})

test('an engine that refuses is told in its own words, and compose apart from it', { timeout }, async (t) => {
  const refused = 'echo; echo "permission denied while trying to connect" >&2; exit 1'
  assert.deepEqual(await ask(t, refused, 'echo 2.26.1'), {
    fault: 'permission denied while trying to connect',
    compose: '2.26.1',
  })
})

test('a client without compose', { timeout }, async (t) => {
  assert.deepEqual(await ask(t, 'echo 26.1.5', 'echo "not a docker command" >&2; exit 1'), { engine: '26.1.5' })
})

test('an engine that never answers is given up', { timeout }, async (t) => {
  assert.deepEqual(await ask(t, 'exec sleep 60', 'exit 1', 150), { fault: 'no answer within 0.15 s' })
})

test('no client is a fact, not an error', { timeout }, async () => {
  const question = { env: { PATH: '/nowhere' }, timeoutMs: 5000 }
  assert.deepEqual(await readDocker(question), { fault: 'docker is not on PATH' })
})
