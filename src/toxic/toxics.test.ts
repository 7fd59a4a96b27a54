import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toxicOf, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { drawToxics } from './toxics.ts'

/** Whether the toxic at index `place` of a list applies, for each of `count` connections. */
function drawn(toxicity: number, seed: number, count: number, place = 0): readonly boolean[] {
  const toxics = Array.from({ length: place + 1 }, () => toxicOf(`timeout=0,toxicity=${toxicity}`))
  return Array.from({ length: count }, (_, n) =>
    drawToxics(toxics, seed, n).some(({ toxic }) => toxic === toxics[place]),
  )
}

const share = (acts: readonly boolean[]) => acts.filter(Boolean).length / acts.length

describe('toxicity', { timeout: 60_000 }, () => {
  for (const toxicity of [0.01, 0.1, 0.5, 0.9])
    for (const seed of [0, 1, 4_294_967_295])
      it(`${toxicity} selects that share of the connections with seed ${seed}`, () => {
        assert.ok(Math.abs(share(drawn(toxicity, seed, 20_000)) - toxicity) < 0.01)
      })

  it('1 selects every connection, 0 selects none', () => {
    assert.equal(share(drawn(1, 7, 10_000)), 1)
    assert.equal(share(drawn(0, 7, 10_000)), 0)
  })

  it('selects the same connections with the same seed, and others with another seed', () => {
    assert.deepEqual(drawn(0.3, 5, 1000), drawn(0.3, 5, 1000))
    assert.notDeepEqual(drawn(0.3, 5, 1000), drawn(0.3, 6, 1000))
  })

  it('is drawn separately for each toxic', () => {
    const [first, second] = [drawn(0.5, 5, 20_000), drawn(0.5, 5, 20_000, 1)]
    assert.ok(Math.abs(share(first.map((acts, n) => acts && second[n] === true)) - 0.25) < 0.02)
  })

  it('gives each connection its own reproducible random numbers', () => {
    const numbers = (n: number) => drawToxics([toxicOf('latency=1ms')], 3, n).map(({ random }) => [random(), random()])
    assert.deepEqual(numbers(8), numbers(8))
    assert.notDeepEqual(numbers(8), numbers(9))
  })

  it('is drawn for connections in the order in which they are opened', async (t) => {
    for (const seed of [1, 2]) {
      const { dial } = await wireOf(t, ['limit_data=0,toxicity=0.5'], seed)
      const wasCut: boolean[] = []
      for (let n = 0; n < 40; n++) {
        const { client, server } = await dial()
        server.socket.end('abc')
        await client.over
        wasCut.push(client.reads.length === 0)
      }
      assert.deepEqual(wasCut, drawn(0.5, seed, 40))
    }
  })
})
