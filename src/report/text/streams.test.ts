import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rerunCommand } from './streams.ts'

test('the rerun command has the arguments of the run, except for the number of streams, the ramp and the JSON file', () => {
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

test('the rerun command quotes an argument that a shell would split', () => {
  assert.match(rerunCommand({ words: ['run', '--model', "it's a,b"] }, 0) ?? '', / --model 'it'\\''s a,b' /)
})

test('a library run has no rerun command', () => {
  assert.equal(rerunCommand({}, 0), undefined)
})
