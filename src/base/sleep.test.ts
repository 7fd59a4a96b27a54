import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from './sleep.ts'

test('a sleep ends when its time is over', async () => {
  const startMs = performance.now()
  await sleep(5)
  assert.ok(performance.now() - startMs >= 4)
})

test('an abort ends a sleep early and without an error', async () => {
  const abort = new AbortController()
  const sleeping = sleep(3_600_000, abort.signal)
  abort.abort()
  await sleeping
  await sleep(3_600_000, abort.signal)
})
