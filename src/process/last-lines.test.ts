import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLastLines } from './last-lines.ts'

test('only the last lines of both writers are kept, in order', () => {
  const last = createLastLines(3, () => {})
  const stdout = last.writer('stdout')
  const stderr = last.writer('stderr')
  stdout.write('a\nb\n')
  stderr.write('c\r\n')
  stdout.write('d\n')
  assert.deepEqual(last.lines(), ['b', 'c', 'd'])
})

test('a line that arrives in pieces is one line, and two writers do not mix', () => {
  const seen: string[] = []
  const last = createLastLines(9, (line, from) => seen.push(`${from}: ${line}`))
  const stdout = last.writer('stdout')
  const stderr = last.writer('stderr')
  stdout.write('one ')
  stderr.write('other')
  stdout.write('line\nnext')
  assert.deepEqual(seen, ['stdout: one line'])
  stdout.end()
  stderr.end()
  assert.deepEqual(last.lines(), ['one line', 'next', 'other'])
})

test('a secret that arrives in pieces is redacted', () => {
  const last = createLastLines(9, () => {})
  const writer = last.writer('stdout')
  for (const piece of ['x-api', '-key: can', 'ary\n']) writer.write(piece)
  assert.deepEqual(last.lines(), ['x-api-key: [redacted]'])
})

test('a line that never ends is truncated', () => {
  const last = createLastLines(9, () => {})
  const writer = last.writer('stdout')
  for (let i = 0; i < 100; i++) writer.write('x'.repeat(1000))
  writer.end()
  assert.equal(last.lines()[0]?.length, 2000)
})
