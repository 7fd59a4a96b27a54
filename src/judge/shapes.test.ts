import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { histogramOfMs, ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { createRandom } from '../base/random.ts'
import { bimodalOf, coalescedOf, headOfLineOf, nagleOf } from './shapes.ts'

/** Numbers spread evenly from `from` to `to`, the same each time. */
function even(count: number, from: number, to: number): number[] {
  const random = createRandom(1)
  return Array.from({ length: count }, () => from + ((to - from) * random()) / 2 ** 32)
}

const ttfts = (timesMs: readonly number[]) =>
  runOf(
    timesMs.map((time, stream) => {
      const record = wholeRecord(stream)
      return { ...record, firstDeltaNs: (record.requestSentNs ?? 0) + time * ms }
    }),
  )

describe('time to first token', () => {
  it('is bimodal if a third of the streams waits', () => {
    const [finding] = bimodalOf(ttfts([...even(200, 10, 30), ...even(100, 210, 230)]))
    assert.equal(finding?.class, 'bimodal')
    assert.match(finding?.got ?? '', /^200 streams near \d+ ms, 100 near 2\d\d ms$/)
  })

  it('is not bimodal if it is evenly spread (as after a burst of connects), if few streams are late, or with few streams', () => {
    assert.deepEqual(bimodalOf(ttfts(even(1000, 10, 900))), [])
    assert.deepEqual(bimodalOf(ttfts([...even(300, 10, 30), ...even(5, 400, 500)])), [])
    assert.deepEqual(bimodalOf(ttfts([...even(40, 10, 12), ...even(40, 200, 202)])), [])
    assert.deepEqual(bimodalOf(ttfts([...even(200, 1, 2), ...even(200, 8, 9)])), [])
  })
})

describe('transit', () => {
  const transitOf = (timesMs: readonly number[]) => nagleOf(runOf([], { transit: histogramOfMs(timesMs) }))

  it('has a peak of delayed acknowledgements if a tenth of the deltas arrives 40 ms later', () => {
    assert.equal(transitOf([...even(9000, 0, 3), ...even(1000, 39, 44)])[0]?.class, 'nagle')
  })

  it('has none if it is short, slow overall or not measured', () => {
    assert.deepEqual(transitOf(even(9000, 0, 5)), [])
    assert.deepEqual(transitOf(even(9000, 0, 120)), [])
    assert.deepEqual(transitOf(even(100, 39, 44)), [])
    assert.deepEqual(nagleOf(runOf(records(3))), [])
  })
})

describe('deltas', () => {
  const scenario = { chunks: 5, content: 'plain' } as const

  it('are coalesced if a complete stream arrived in fewer than the mock sent', () => {
    const run = runOf([...records(9), wholeRecord(9, { deltas: 3 })], { scenario })
    assert.equal(coalescedOf(run)[0]?.got, 'fewer in 1 of 10 streams, minimum 3')
  })

  it('are not coalesced if all arrived, if a fault removed some, or if the planned number is unknown', () => {
    assert.deepEqual(coalescedOf(runOf(records(9), { scenario })), [])
    assert.deepEqual(coalescedOf(runOf([wholeRecord(0, { deltas: 3, fault: 'coalesce' })], { scenario })), [])
    const { chunks: _, ...unknown } = runOf([wholeRecord(0, { deltas: 3 })], { scenario }).scenario
    assert.deepEqual(coalescedOf({ ...runOf([wholeRecord(0, { deltas: 3 })]), scenario: unknown }), [])
  })
})

describe('a client that does not read', () => {
  const slow = wholeRecord(0, { clientFault: 'stall-read@50%', largestGapNs: 30_000 * ms })
  const others = (held: number) =>
    Array.from({ length: 50 }, (_, at) => wholeRecord(at + 1, at < held ? { largestGapNs: 5000 * ms } : {}))

  it('blocks other streams if their gaps grow to seconds', () => {
    assert.equal(headOfLineOf(runOf([slow, ...others(3)]))[0]?.class, 'hol_blocking')
  })

  it('does not block others if only its own gap is large, and is not reported if there is no such client', () => {
    assert.deepEqual(headOfLineOf(runOf([slow, ...others(0)])), [])
    assert.deepEqual(headOfLineOf(runOf(others(3))), [])
  })
})
