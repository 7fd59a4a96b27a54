import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toxicOf, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { drawToxics } from './draw-toxics.ts'

/** Which connections of so many this toxic acts on, where it stands at `place` of a list. */
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
      it(`of ${toxicity} is that share of the connections under seed ${seed}`, () => {
        assert.ok(Math.abs(share(drawn(toxicity, seed, 20_000)) - toxicity) < 0.01)
      })

  it('of 1 is every connection, of 0 none', () => {
    assert.equal(share(drawn(1, 7, 10_000)), 1)
    assert.equal(share(drawn(0, 7, 10_000)), 0)
  })

  it('chooses the same connections under a seed each time, and others under another', () => {
    assert.deepEqual(drawn(0.3, 5, 1000), drawn(0.3, 5, 1000))
    assert.notDeepEqual(drawn(0.3, 5, 1000), drawn(0.3, 6, 1000))
  })

  it('of two toxics is drawn for each by itself', () => {
    const [first, second] = [drawn(0.5, 5, 20_000), drawn(0.5, 5, 20_000, 1)]
    assert.ok(Math.abs(share(first.map((acts, n) => acts && second[n] === true)) - 0.25) < 0.02)
  })

  it('gives a connection the same random numbers each time, and another one others', () => {
    const numbers = (n: number) => drawToxics([toxicOf('latency=1ms')], 3, n).map(({ random }) => [random(), random()])
    assert.deepEqual(numbers(8), numbers(8))
    assert.notDeepEqual(numbers(8), numbers(9))
  })

  it('is what connections see, in the order in which they are opened', async (t) => {
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
