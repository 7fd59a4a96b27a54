import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { describe, it } from 'node:test'
import { pattern, toxicOf, wireOf } from '../../test/fixtures/toxic-wire.ts'
import { until } from '../../test/fixtures/until.ts'
import { nowNs } from '../base/clock.ts'
import { createRandom } from '../base/random.ts'
import { attachToxic } from './toxics.ts'

/** The pieces into which a slicer splits one read, and when each was passed on. */
async function slices(text: string, sizeBytes: number) {
  const out: { size: number; bytes: Buffer; atNs: number }[] = []
  let hasEnded = false
  let heldBytes = 0
  const link = {
    at: (dueNs: number, act: () => void) => {
      setTimeout(() => (nowNs() < dueNs ? link.at(dueNs, act) : act()), 1)
    },
    hold: (bytes: number) => {
      heldBytes += bytes
    },
    release: (bytes: number) => {
      heldBytes -= bytes
    },
    closeAtEnd: () => assert.fail(),
    cut: () => assert.fail(),
  }
  const last = {
    push: (bytes: Buffer) => out.push({ size: bytes.length, bytes, atNs: nowNs() }),
    end: () => {
      hasEnded = true
    },
  }
  const first = attachToxic(toxicOf(text), last, link, createRandom(1))
  first.push(pattern(sizeBytes))
  first.end()
  await until(() => hasEnded)
  assert.equal(heldBytes, 0)
  assert.deepEqual(Buffer.concat(out.map(({ bytes }) => bytes)), pattern(sizeBytes))
  return out
}

describe('slicer', { timeout: 60_000 }, () => {
  it('splits a read into pieces of the average size', async () => {
    const sizes = (await slices('slicer=30', 100)).map(({ size }) => size)
    assert.deepEqual(sizes, [30, 30, 30, 10])
  })

  it('uses the full range of size_variation, and no more', async () => {
    const sizes = (await slices('slicer=5,size_variation=2', 10_000)).slice(0, -1).map(({ size }) => size)
    assert.deepEqual([...new Set(sizes)].sort(), [3, 4, 5, 6, 7])
  })

  it('delays each piece by at least the delay', async () => {
    const pieces = await slices('slicer=1,delay=1500us', 20)
    const startNs = pieces[0]?.atNs ?? 0
    assert.equal(pieces.length, 20)
    for (const [i, { atNs }] of pieces.entries())
      assert.ok(atNs - startNs >= i * 1.4e6, `piece ${i} came after ${atNs - startNs} ns`)
  })

  it('does not split a read that is smaller than its size', async () => {
    assert.deepEqual(
      (await slices('slicer=100', 99)).map(({ size }) => size),
      [99],
    )
  })

  it('causes several reads at the client', async (t) => {
    const { dial } = await wireOf(t, ['slicer=10,delay=3ms'])
    const { client, server } = await dial()
    server.socket.end(pattern(300))
    assert.equal((await client.over).how, 'end')
    assert.ok(client.reads.length > 3)
    assert.deepEqual(client.bytes(), pattern(300))
  })
})
