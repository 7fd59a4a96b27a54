import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mergedOf } from '../model/histogram.ts'
import { DeltaTimes } from './delta-times.ts'
import { mergeTransit } from './load-result.ts'

const startedNs = 100e9
const at = (us: number) => startedNs / 1000 + us

describe('transit', () => {
  it('is the arrival minus the stamp, recorded in the block of the stream', () => {
    const times = new DeltaTimes({ isShared: true, offsetNs: 0, errorNs: 0 })
    assert.equal(times.transit(13, at(500), startedNs, startedNs + 750_000), at(500))
    assert.deepEqual(
      [times.blocks()[3]?.transit?.n, times.blocks()[3]?.transit?.maxUs, times.blocks()[4]?.transit],
      [1, 250, undefined],
    )
  })

  it("is corrected by the offset of the mock's clock", () => {
    const times = new DeltaTimes({ isShared: false, offsetNs: 3_600e9, errorNs: 50_000 })
    times.transit(0, at(500) + 3_600e6, startedNs, startedNs + 750_000)
    assert.equal(mergeTransit(times.blocks())?.maxUs, 250)
  })

  it('is 0 if it is negative but within the error of the clock', () => {
    const times = new DeltaTimes({ isShared: false, offsetNs: 0, errorNs: 50_000 })
    times.transit(0, at(500), startedNs, startedNs + 460_000)
    assert.deepEqual([mergeTransit(times.blocks())?.n, mergeTransit(times.blocks())?.maxUs], [1, 0])
  })

  it('is unknown if any stamp is later than its arrival or earlier than the start of its stream', () => {
    for (const stampUs of [at(800), at(-2000)]) {
      const times = new DeltaTimes(undefined)
      times.transit(0, at(500), startedNs, startedNs + 750_000)
      times.transit(1, stampUs, startedNs, startedNs + 750_000)
      assert.equal(mergeTransit(times.blocks()), undefined)
    }
  })

  it('does not affect gaps, which are merged over all blocks', () => {
    const times = new DeltaTimes(undefined)
    for (let stream = 0; stream < 25; stream++) times.gap(stream, 2_000_000)
    assert.deepEqual([mergedOf(times.blocks().map(({ interChunk }) => interChunk)).n], [25])
  })
})
