import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { aroundText } from './around-text.ts'

describe('a delta that is encoded around its text', () => {
  const event = (model: string) => (text: string) => `data: ${JSON.stringify({ model, delta: { text } })}\n\n`

  it('is what it would be if it were encoded whole, whatever the text and the model', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('word ', '"', '\\', '\u0001', '\u2028', '👩‍🚀', 'é', ''),
    )
    fc.assert(
      fc.property(any, any, (model, text) => {
        assert.equal(aroundText(event(model))(text), event(model)(text))
      }),
      { numRuns: 1000 },
    )
  })
})
