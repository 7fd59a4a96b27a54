import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Ledger } from './ledger.ts'

const ledgerOf = (limit: number) => new Ledger(undefined, undefined, limit)

describe('the streams that the mock follows', () => {
  it('are at most its limit: with more, those served at once and without a fault are only counted', () => {
    const ledger = ledgerOf(3)
    for (let stream = 0; stream < 10; stream++) {
      const truth = ledger.attempted(1, stream)
      if (stream === 1) truth.faulty++
      if (stream === 2) ledger.attempted(1, stream)
      truth.state = stream === 3 ? 'left' : 'served'
    }
    const followed = ledger.streams().map(({ stream }) => stream)
    // All of these have something to tell, so that there was no room for a later one.
    assert.deepEqual(followed, [1, 2, 3])
    assert.equal(ledger.stats().streamsForgotten, 7)
    ledger.reset()
    assert.equal(ledger.stats().streamsForgotten, undefined)
  })

  it('are all that have something to tell, if there are few of them', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 20, maxLength: 200 }), (marks) => {
        const faulty = marks.flatMap((isFaulty, stream) => (isFaulty && stream % 10 === 0 ? [stream] : []))
        const ledger = ledgerOf(faulty.length + 2)
        for (let stream = 0; stream < marks.length; stream++) {
          const truth = ledger.attempted(1, stream)
          if (faulty.includes(stream)) truth.faulty++
          truth.state = 'served'
        }
        const followed = ledger.streams().map(({ stream }) => stream)
        assert.ok(faulty.every((stream) => followed.includes(stream)))
        assert.equal(followed.length + (ledger.stats().streamsForgotten ?? 0), marks.length)
      }),
    )
  })
})
