import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../src/errors.ts'
import { readOptions, suiteNames } from './options.ts'

test('all parts are measured in five rounds where nothing else is asked for', () => {
  assert.deepEqual(readOptions([]), { only: suiteNames, rounds: 5 })
})

test('some parts can be chosen, and run in their own order', () => {
  assert.deepEqual(readOptions(['--only', 'mock,client', '--rounds', '2']), { only: ['client', 'mock'], rounds: 2 })
})

for (const words of [
  ['--only', 'nothing'],
  ['--only'],
  ['--rounds', '0'],
  ['--rounds', '1.5'],
  ['--rounds', '100'],
  ['--round', '1'],
  ['client'],
]) {
  test(`${words.join(' ')} is refused`, () => {
    assert.throws(() => readOptions(words), UsageError)
  })
}

test('every problem is said, not only the first', () => {
  assert.throws(
    () => readOptions(['--only', 'nothing', '--rounds', 'x']),
    (error: UsageError) => error.problems.length === 2,
  )
})
