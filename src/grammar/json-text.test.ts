import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createJsonText } from './json-text.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isComplete(...pieces: string[]): boolean {
  const json = createJsonText()
  for (const piece of pieces) json.push(piece)
  return json.isComplete()
}

test('agrees with JSON.parse on any JSON, cut anywhere', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, at) => {
      assert.ok(isComplete(text))
      const cut = at % (text.length + 1)
      assert.ok(isComplete(text.slice(0, cut), text.slice(cut)))
      assert.equal(isComplete(text.slice(0, cut)), isJson(text.slice(0, cut)))
    }),
    { numRuns: 2000 },
  )
})

test('agrees with JSON.parse on text that is nearly JSON', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'a',
    '0',
    '1',
    '-',
    '.',
    'e',
    'u',
    ' ',
    '\n',
    '\u0001',
    'true',
    'null',
    '"k"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      assert.equal(isComplete(...pieces), isJson(pieces.join('')), JSON.stringify(pieces.join('')))
    }),
    { numRuns: 50_000 },
  )
})

test('an object is truncated at each place but its end, and no other text is', () => {
  const isTruncated = (text: string) => {
    const json = createJsonText()
    json.push(text)
    return json.isTruncated()
  }
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const text = JSON.stringify(object)
      for (let end = 1; end < text.length; end++) assert.ok(isTruncated(text.slice(0, end)), text.slice(0, end))
      assert.equal(isTruncated(text), false)
    }),
    { numRuns: 200 },
  )
  for (const text of ['', ' ', '5', 'tru', '[1', '"a', '{}{', '{]', '{"a":}', '{a'])
    assert.equal(isTruncated(text), false)
})

test('distinguishes an object from other JSON', () => {
  const isObject = (text: string) => {
    const json = createJsonText()
    json.push(text)
    return json.isObject()
  }
  for (const text of ['{}', ' \n{"a":[{}]} ', '', ' ']) assert.ok(isObject(text), text)
  for (const text of ['[]', '5', 'null', '"{}"', '{}{}', '{', '{}5', '[{}]']) assert.equal(isObject(text), false, text)
})
