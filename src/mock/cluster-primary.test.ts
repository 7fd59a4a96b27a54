import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asJson } from '../../test/fixtures/as-json.ts'
import { mockStats } from '../../test/fixtures/runs.ts'
import { mergeStats, mergeStreams } from './cluster-primary.ts'
import { Ledger } from './ledger.ts'

describe('the merged counts of several processes', () => {
  it('are sums, with merged pacing errors and the joint peak', () => {
    const [early, late, both] = [new Ledger(), new Ledger(), new Ledger()]
    for (const us of [3, 70_000]) for (const ledger of [early, both]) ledger.pacingError.record(us)
    for (const us of [1, 123_456]) for (const ledger of [late, both]) ledger.pacingError.record(us)
    for (const ledger of [early, late, both, both]) {
      ledger.opened()
      ledger.opened()
      ledger.closed(true)
      ledger.requests += 3
      ledger.bytesSent += 100
    }
    const { streamsPeak: _, ...expected } = both.stats()
    assert.deepEqual(mergeStats([early.stats(), late.stats()], 9), { ...expected, streamsPeak: 9, workers: 2 })
    assert.deepEqual(
      Object.keys(asJson(mergeStats([mockStats(1)], 0)) ?? {}).sort(),
      [...Object.keys(mockStats(1)), 'workers'].sort(),
    )
  })

  it('add up the requests of a stream and keep its latest state', () => {
    const [early, late] = [new Ledger(), new Ledger()]
    const first = early.attempted(1, 5)
    Object.assign(first, { state: 'left', attemptedNs: 10, endedNs: 20, faulty: 1 })
    const again = late.attempted(1, 5)
    Object.assign(again, { state: 'served', attemptedNs: 15, endedNs: 40 })
    early.attempted(2, 5)
    const merged = (ledgers: readonly Ledger[]) => mergeStreams(ledgers.map((ledger) => ledger.streams()))
    const [stream] = merged([early, late]).filter(({ seed }) => seed === 1)
    const both = { seed: 1, stream: 5, attempts: 2, faulty: 1, attemptedNs: 15, endedNs: 40 }
    assert.deepEqual(stream, { ...both, state: 'served' })
    assert.equal(merged([late, early]).find(({ seed }) => seed === 1)?.state, 'served')
    Object.assign(first, { state: 'open', attemptedNs: 50 })
    assert.equal(merged([late, early]).find(({ seed }) => seed === 1)?.state, 'open')
    assert.equal(merged([early, late]).length, 2)
  })
})
