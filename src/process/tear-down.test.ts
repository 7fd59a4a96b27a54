import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTearDown } from './tear-down.ts'

function thing(name: string, seen: string[]) {
  return {
    async [Symbol.asyncDispose]() {
      seen.push(name)
    },
    now() {
      seen.push(`${name} now`)
    },
  }
}

test('what was started last is ended first, and once', async () => {
  const seen: string[] = []
  const tearDown = createTearDown()
  for (const name of ['folder', 'mock', 'gateway']) tearDown.own(thing(name, seen), (it) => it.now())
  await Promise.all([tearDown[Symbol.asyncDispose](), tearDown[Symbol.asyncDispose]()])
  assert.deepEqual(seen, ['gateway', 'mock', 'folder'])
})

test('if one resource cannot be ended, the others still are, and the failure is reported', async () => {
  const seen: string[] = []
  const tearDown = createTearDown()
  tearDown.own(thing('mock', seen), (it) => it.now())
  tearDown.own({ [Symbol.asyncDispose]: () => Promise.reject(new Error('stuck')) }, () => {})
  await assert.rejects(async () => tearDown[Symbol.asyncDispose](), AggregateError)
  assert.deepEqual(seen, ['mock'])
})

test('a kill ends everything before it returns, also during an orderly tear-down; whatever starts later is ended too', () => {
  const seen: string[] = []
  const kill = new AbortController()
  const tearDown = createTearDown(kill.signal)
  tearDown.own({ ...thing('slow', seen), [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }, (it) => it.now())
  void tearDown[Symbol.asyncDispose]()
  kill.abort()
  assert.deepEqual(seen, ['slow now'])
  tearDown.own(thing('late', seen), (it) => it.now())
  assert.deepEqual(seen, ['slow now', 'late now'])
})
