import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { deltaWriter } from './delta-writer.ts'

describe('the event of a delta writer', () => {
  const event = (model: string) => (text: string) => `data: ${JSON.stringify({ model, delta: { text } })}\n\n`

  it('equals the fully encoded event for any text and model', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('word ', '"', '\\', '\u0001', '\u2028', '👩‍🚀', 'é', ''),
    )
    fc.assert(
      fc.property(any, any, (model, text) => {
        assert.equal(deltaWriter(event(model))(text), event(model)(text))
      }),
      { numRuns: 1000 },
    )
  })
})
