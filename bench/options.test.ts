import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../src/base/errors.ts'
import { readOptions, suiteNames, usage } from './options.ts'

test('all parts are measured in five rounds by default', () => {
  assert.deepEqual(readOptions([]), { only: suiteNames, rounds: 5, holdS: 60 })
})

test('parts can be selected and run in the fixed order', () => {
  const args = ['--only', 'mock,client', '--rounds', '2', '--hold-s', '600']
  assert.deepEqual(readOptions(args), { only: ['client', 'mock'], rounds: 2, holdS: 600 })
})

for (const args of [
  ['--only', 'nothing'],
  ['--only'],
  ['--rounds', '0'],
  ['--rounds', '1.5'],
  ['--rounds', '100'],
  ['--hold-s', '0'],
  ['--hold-s', '601'],
  ['--hold-s', '1.5'],
  ['--round', '1'],
  ['client'],
]) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(() => readOptions(args), UsageError)
  })
}

test('every problem is reported, not only the first', () => {
  assert.throws(
    () => readOptions(['--only', 'nothing', '--rounds', 'x']),
    (error: UsageError) => error.problems.length === 2,
  )
})

test('the help lists each part', () => {
  for (const name of suiteNames) assert.ok(usage.includes(name), name)
})
