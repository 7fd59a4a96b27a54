import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { printable } from './printable.ts'

describe('printable text', () => {
  it('has no colours, cursor movements, window titles or line breaks', () => {
    assert.equal(
      printable('\u001b[31mred\u001b[0m \u001b[2J\u001b]0;title\u0007\u009b5A\r\nnext\tcell\u0000'),
      'red  next cell',
    )
  })

  it('has no characters that reverse the writing direction or are invisible', () => {
    assert.equal(printable('a\u202egnp.exe\u200b\u2028b'), 'a gnp.exe b')
  })

  it('is cut with an ellipsis, never inside a character', () => {
    assert.equal(printable('abcdef', 4), 'abc…')
    assert.equal(printable('ab😀def', 4), 'ab…')
    assert.equal(printable('abcd', 4), 'abcd')
  })

  it('has no control characters and is never too long, for any input', () => {
    const anything = fc.string({ unit: 'binary', maxLength: 400 })
    const escapes = fc.constantFrom('\u001b[', '\u009b', '\u001b]', '\r', '\n', '\u0007', 'm')
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, escapes)), fc.integer({ min: 1, max: 60 }), (parts, length) => {
        const text = printable(parts.join(''), length)
        assert.ok(text.length <= length)
        assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
    )
  })

  it('keeps the text of all languages', () => {
    assert.equal(printable('größer 漢字 ✔ 😀'), 'größer 漢字 ✔ 😀')
  })
})
