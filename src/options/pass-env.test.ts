import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../base/errors.ts'
import { checkTopologyOptions } from '../library/topology-options.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { readRunOptions } from './run-options.ts'

/** The message of the UsageError that a call must throw. */
function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UsageError)
    return error.message
  }
  assert.fail('accepted')
}

const env = { SOME_KEY: 'canary-value', LEVEL: 'verbose' }

test('--pass-env names variables that are set, and their values cannot be printed if they are secret', () => {
  const { passEnv } = readRunOptions({ 'pass-env': ['SOME_KEY', 'LEVEL'] }, env)
  assert.deepEqual(passEnv, ['SOME_KEY', 'LEVEL'])
  assert.equal(withoutSecrets('canary-value, verbose'), '[redacted], verbose')
  assert.deepEqual(readRunOptions({}, env).passEnv, [])
})

test('--pass-env is refused for a variable that is not set, for a value, and if this program starts no gateway', () => {
  const refused = (argv: Readonly<Record<string, unknown>>) => refusal(() => readRunOptions(argv, env))
  assert.match(refused({ 'pass-env': ['ABSENT'] }), /--pass-env needs the environment variable ABSENT: it is not set/)
  assert.match(refused({ 'pass-env': ['sk-canary=1'] }), /--pass-env: must be the name of an environment variable/)
  assert.doesNotMatch(refused({ 'pass-env': ['sk-canary=1'] }), /canary/)
  for (const topology of ['compose', 'testcontainers', 'standing'])
    assert.match(refused({ topology, 'pass-env': ['LEVEL'] }), /--pass-env needs --topology local/)
})

test('passEnv of the library needs the local driver and variables that are set', () => {
  const refused = (driver: 'local' | 'compose', name: string) =>
    refusal(() => checkTopologyOptions({ driver, passEnv: [name] }))
  assert.match(refused('compose', 'PATH'), /passEnv needs the driver local/)
  assert.match(refused('local', 'ABSENT_VARIABLE'), /passEnv needs the environment variable ABSENT_VARIABLE/)
  assert.match(refused('local', 'no name'), /passEnv: must be the name of an environment variable/)
  checkTopologyOptions({ driver: 'local', passEnv: ['PATH'] })
})
