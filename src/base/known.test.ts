import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { known } from './known.ts'

test('what is undefined is absent, and what is nothing but a value stays', () => {
  const members = { zero: 0, text: '', no: false, none: null, list: [undefined], gone: undefined }
  assert.deepEqual(known(members), { zero: 0, text: '', no: false, none: null, list: [undefined] })
  assert.equal('gone' in known(members), false)
})

test('what it was given stays as it is', () => {
  const members = { a: 1, b: undefined }
  known(members)
  assert.deepEqual(Object.keys(members), ['a', 'b'])
})

test('the type has no undefined left: a member that may be so is optional', () => {
  const found: { readonly sure: number; readonly perhaps?: number } = known({
    sure: 1,
    perhaps: process.argv.length > 1e6 ? 2 : undefined,
  })
  assert.deepEqual(found, { sure: 1 })
})

test('any object comes out as its JSON would: without what is undefined, and nothing else changed', () => {
  const value = fc.oneof(fc.constant(undefined), fc.integer(), fc.string(), fc.boolean(), fc.constant(null))
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (members) => {
      assert.equal(JSON.stringify(known(members)), JSON.stringify(members))
      assert.ok(!Object.values(known(members)).includes(undefined))
    }),
  )
})

test('a member that is named like the prototype stays a member', () => {
  const kept = known(JSON.parse('{"__proto__": {"a": 1}, "b": 2}'))
  assert.equal(Object.getPrototypeOf(kept), Object.prototype)
  assert.equal(JSON.stringify(kept), '{"__proto__":{"a":1},"b":2}')
})
