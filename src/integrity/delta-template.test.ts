import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DeltaTemplate } from './delta-template.ts'

const chat = (content: string, extra = '') =>
  `{"id":"x","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}}}]${extra}}`
const numbered = (delta: string, number: number | string) =>
  `{"type":"d","sequence_number":${number},"delta":${JSON.stringify(delta)},"logprobs":[]}`

/** Reads the text of a chat or numbered event. */
function textOf(data: string): string | undefined {
  const body = JSON.parse(data)
  return body.choices?.[0].delta.content ?? body.delta ?? body.text
}

const learn = (data: string, text: string) => DeltaTemplate.learn('message', data, text, textOf)

function matched(template: DeltaTemplate | undefined, data: string, type = 'message'): string | undefined {
  const bytes = Buffer.from(`xx${data}yy`)
  return template?.match(type, bytes, 2, bytes.length - 2)
}

describe('the template of a delta', () => {
  it('finds any text without escapes, and leaves texts with escapes to the JSON parser', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const isPlain = JSON.stringify(text).slice(1, -1) === text
        assert.equal(matched(learn(chat('one'), 'one'), chat(text)), isPlain ? text : undefined)
      }),
    )
  })

  it('does not match an event that differs in its type, or before or after its text', () => {
    const template = learn(chat('one'), 'one')
    assert.equal(matched(template, chat('two')), 'two')
    assert.equal(matched(template, chat('two'), 'delta'), undefined)
    assert.equal(matched(template, chat('two').replace('"x"', '"y"')), undefined)
    assert.equal(matched(template, chat('two', ',"usage":null')), undefined)
    assert.equal(matched(template, '{}'), undefined)
    assert.equal(matched(template, chat('')), undefined)
  })

  it('does not match a text that ends its string early', () => {
    const template = learn(chat('one'), 'one')
    assert.equal(matched(template, chat('X').replace('X', 'a","content":"b')), undefined)
    assert.equal(matched(template, chat('X').replace('X', 'a\nb')), undefined)
  })

  it('requires consecutive sequence numbers', () => {
    const template = learn(numbered('one', 9), 'one')
    assert.equal(matched(template, numbered('two', 10)), 'two')
    assert.equal(matched(template, numbered('two', 10)), undefined)
    assert.equal(matched(template, numbered('two', 12)), undefined)
    assert.equal(matched(template, numbered('two', 11)), 'two')
    assert.equal(matched(template, numbered('two', '"12"')), undefined)
  })

  it('is not learned if the text is ambiguous', () => {
    assert.equal(learn(chat('x'), 'x'), undefined)
    assert.equal(learn('{"text":"\\u0041"}', 'A'), undefined)
    assert.equal(learn('{"delta":"one","sequence_number":3}', 'one'), undefined)
  })

  it('is not learned if the text only appears in another member', () => {
    const data = '{"choices":[{"delta":{"content":"\\u0041BC"}}],"system_fingerprint":"ABC"}'
    assert.equal(textOf(data), 'ABC')
    assert.equal(learn(data, 'ABC'), undefined)
    assert.equal(learn('{"delta":"ABC","delta":"\\u0041BC"}', 'ABC'), undefined)
  })

  it('rejects a sequence number that is not a JSON number, or that appears twice', () => {
    assert.equal(matched(learn(numbered('one', 4), 'one'), numbered('two', '0005')), undefined)
    const twice = numbered('one', 4).replace('"delta"', '"sequence_number":9,"delta"')
    assert.equal(learn(twice, 'one'), undefined)
  })
})
