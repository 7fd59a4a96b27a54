import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvironmentError, ProbeError, UsageError } from '../base/errors.ts'
import type { Verdict } from '../judge/verdict.ts'
import { exitStatus, statusOfError, statusOfVerdict } from './exit-status.ts'

test('the table of exit status is the one that scripts rely on', () => {
  assert.deepEqual(exitStatus, {
    passed: 0,
    failed: 1,
    mostlyFailed: 2,
    invalid: 3,
    environment: 4,
    usage: 64,
    bug: 70,
    interrupted: 130,
    terminated: 143,
  })
})

test('a verdict gives its status, and an interrupt goes before it', () => {
  const status = (verdict: Verdict['verdict'], mostlyFailed = false) => ({
    verdict,
    reasons: [],
    mostlyFailed,
    timing: { state: 'trusted', reasons: [] } as const,
  })
  assert.equal(statusOfVerdict(status('pass'), undefined), 0)
  assert.equal(statusOfVerdict(status('warn'), undefined), 0)
  assert.equal(statusOfVerdict(status('fail'), undefined), 1)
  assert.equal(statusOfVerdict(status('fail', true), undefined), 2)
  assert.equal(statusOfVerdict(status('invalid', true), undefined), 3)
  assert.equal(statusOfVerdict(status('pass'), 'SIGINT'), 130)
  assert.equal(statusOfVerdict(status('fail'), 'SIGTERM'), 143)
})

test('an error is the user’s, the environment’s, the gateway’s at its first streams, or ours', () => {
  assert.equal(statusOfError(new UsageError([])), 64)
  assert.equal(statusOfError(new EnvironmentError('a port is in use')), 4)
  assert.equal(statusOfError(new ProbeError('http_5xx')), 1)
  assert.equal(statusOfError(new TypeError('undefined is not a function')), 70)
})
