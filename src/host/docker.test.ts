import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { EnvironmentError } from '../base/errors.ts'
import { askDocker, readDocker } from './docker.ts'

const timeout = 10_000

/** The environment of a `docker` that answers `version` and `compose` with these shell commands. */
function dockerThat(t: TestContext, version: string, compose = 'exit 1'): NodeJS.ProcessEnv {
  const folder = temporaryFolder(t)
  const command = join(folder, 'docker')
  writeFileSync(command, `#!/bin/sh\ncase "$1" in version) ${version};; compose) ${compose};; esac\n`)
  chmodSync(command, 0o755)
  return { PATH: `${folder}:/usr/bin:/bin` }
}

async function facts(env: NodeJS.ProcessEnv, timeoutMs = 5000) {
  const { engine, compose, fault } = await readDocker({ env, timeoutMs })
  return { engine, compose, fault }
}

test('the engine and the compose plugin are reported with their versions', { timeout }, async (t) => {
  const env = dockerThat(t, 'echo 26.1.5', 'echo 2.26.1')
  assert.deepEqual(await facts(env), { engine: '26.1.5', compose: '2.26.1', fault: undefined })
})

test('an engine that refuses the connection is reported with its message, and compose independently of it', {
  timeout,
}, async (t) => {
  const refused = 'echo; echo "permission denied while trying to connect" >&2; exit 1'
  assert.deepEqual(await facts(dockerThat(t, refused, 'echo 2.26.1')), {
    engine: undefined,
    compose: '2.26.1',
    fault: 'permission denied while trying to connect',
  })
})

test('a client without the compose plugin is reported without a compose version', { timeout }, async (t) => {
  const env = dockerThat(t, 'echo 26.1.5', 'echo "not a docker command" >&2; exit 1')
  assert.deepEqual(await facts(env), { engine: '26.1.5', compose: undefined, fault: undefined })
})

test('an engine that never answers is abandoned after the timeout', { timeout }, async (t) => {
  assert.equal((await facts(dockerThat(t, 'exec sleep 60'), 150)).fault, 'no answer within 0.15 s')
})

test('a missing client is reported and does not throw', { timeout }, async () => {
  assert.equal((await facts({ PATH: '/nowhere' })).fault, 'docker is not on PATH')
})

test('a command returns its trimmed output; its failure is an EnvironmentError with the message', {
  timeout,
}, async (t) => {
  const env = dockerThat(t, 'echo 26.1.5', 'echo "no such project" >&2; exit 1')
  assert.equal(await askDocker(['version'], env), '26.1.5')
  await assert.rejects(askDocker(['compose', 'ps'], env), (error) => {
    assert.ok(error instanceof EnvironmentError)
    assert.equal(error.message, 'docker compose ps: no such project')
    return true
  })
})
