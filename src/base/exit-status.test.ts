import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvironmentError, UsageError } from './errors.ts'
import { exitStatus, statusOfError } from './exit-status.ts'

test('the exit statuses are the ones that scripts rely on', () => {
  const successAndVerdicts = { passed: 0, failed: 1, mostlyFailed: 2, invalid: 3 }
  const errors = { environment: 4, usage: 64, bug: 70 }
  assert.deepEqual(exitStatus, { ...successAndVerdicts, ...errors, hungUp: 129, interrupted: 130, terminated: 143 })
})

test('an error has a status that shows whether the user, the environment or a bug caused it', () => {
  assert.equal(statusOfError(new UsageError([])), 64)
  assert.equal(statusOfError(new EnvironmentError('a port is in use')), 4)
  assert.equal(statusOfError(new TypeError('undefined is not a function')), 70)
})
