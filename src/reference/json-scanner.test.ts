import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createJsonScanner } from './json-scanner.ts'

test('an object is whole at its last character and not before, wherever it is cut', () => {
  const value = fc.oneof(fc.object({ maxDepth: 3 }), fc.constantFrom({ a: '}"}' }, { '\\"': ['\\', '"]'] }))
  fc.assert(
    fc.property(value, (object) => {
      const scanner = createJsonScanner()
      const json = JSON.stringify(object)
      for (const char of json) {
        assert.equal(scanner.isWhole(), false)
        scanner.push(char)
      }
      assert.equal(scanner.isWhole(), true)
      scanner.push(' \n')
      assert.equal(scanner.isWhole(), true)
    }),
  )
})

test('nothing is whole before it began, and all of it is once no more will come', () => {
  const scanner = createJsonScanner()
  scanner.push(' ')
  assert.equal(scanner.isWhole(), false)
  scanner.close()
  assert.equal(scanner.isWhole(), true)
})
