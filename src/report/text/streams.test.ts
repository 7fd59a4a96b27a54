import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rerunCommand } from './streams.ts'

test('one stream is run again with the arguments of the run, except for their number and the file of the report', () => {
  const words = [
    'run',
    '--streams',
    '500',
    '--gateway=reference',
    '--json-out=x.json',
    '--fault',
    'truncate@50%:0.05',
    '--ramp-ms',
    '9',
  ]
  assert.equal(
    rerunCommand({ words }, 37),
    'npx ccr-sse-stress run --gateway=reference --fault truncate@50%:0.05 --streams 1 --first-stream 37',
  )
})

test('a word that a shell would split is quoted', () => {
  assert.match(rerunCommand({ words: ['run', '--model', "it's a,b"] }, 0) ?? '', / --model 'it'\\''s a,b' /)
})

test('a run of the library has no command', () => {
  assert.equal(rerunCommand({}, 0), undefined)
})
