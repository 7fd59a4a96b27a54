import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createJsonScanner } from './blocks.ts'

test('an object is complete at its last character, whatever the size of the pieces', () => {
  const value = fc.oneof(fc.object({ maxDepth: 3 }), fc.constantFrom({ a: '}"}' }, { '\\"': ['\\', '"]'] }))
  fc.assert(
    fc.property(value, (object) => {
      const scanner = createJsonScanner()
      const json = JSON.stringify(object)
      for (const char of json) {
        assert.equal(scanner.isComplete(), false)
        scanner.push(char)
      }
      assert.equal(scanner.isComplete(), true)
      scanner.push(' \n')
      assert.equal(scanner.isComplete(), true)
    }),
  )
})

test('an empty text is incomplete until the scanner is closed', () => {
  const scanner = createJsonScanner()
  scanner.push(' ')
  assert.equal(scanner.isComplete(), false)
  scanner.close()
  assert.equal(scanner.isComplete(), true)
})
