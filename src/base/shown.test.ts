import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { shown } from './shown.ts'

describe('a received value', () => {
  it('is one short line of JSON', () => {
    assert.equal(shown({ a: [1, 'x\n', null] }), '{"a":[1,"x\\n",null]}')
    assert.equal(shown(undefined), 'nothing')
    assert.equal(shown('x'.repeat(500)).length, 80)
  })

  it('is a number even if it is too large for JSON', () => assert.equal(shown(JSON.parse('[1e999]')), '["Infinity"]'))

  it('cannot make it throw, whatever it is', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const values = [
      ...[1n, Symbol('x'), () => 1, cycle, Number.NaN, new Map(), Object.create(null)],
      ...['{"toString":1}', '{"toJSON":{}}', '{"__proto__":{"toJSON":1}}', '{"constructor":null}'].map((json) =>
        JSON.parse(json),
      ),
      { toJSON: () => assert.fail() },
      JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)),
      JSON.parse(`[${'0,'.repeat(1_000_000)}0]`),
    ]
    for (const value of values) assert.ok(shown(value).length <= 80)
    fc.assert(fc.property(fc.anything({ withBigInt: true, withNullPrototype: true }), (value) => void shown(value)))
  })
})
