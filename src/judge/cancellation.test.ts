import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { abortedRecord, ms, records, runOf } from '../../test/fixtures/runs.ts'
import type { StreamRecord } from '../model/record.ts'
import { cancellationsOf, uncancelledOf } from './cancellation.ts'

type Upstream = NonNullable<StreamRecord['upstream']>

/** A stream whose client left. The mock's answer ended `afterMs` ms later. */
function leftRecord(stream: number, state: Upstream['state'], afterMs: number): StreamRecord {
  const record = { ...abortedRecord(stream), clientFault: 'abort@50%' }
  return { ...record, upstream: { state, endedNs: record.endedNs + afterMs * ms } }
}

const scenario = { delayMs: 20 }

describe('streams whose client left', () => {
  it('are listed with the time until the mock noticed, unless the answer had already ended', () => {
    const run = runOf([leftRecord(0, 'left', 30), leftRecord(1, 'left', 10), leftRecord(2, 'served', -5)], { scenario })
    assert.deepEqual(cancellationsOf(run), [
      { clientFault: 'abort@50%', streams: 3, noticedMs: [10, 30], notCancelled: 0 },
    ])
    assert.deepEqual(uncancelledOf(run), [])
  })

  it('were not cancelled if the mock continued for more than one delay plus 1 s, or is still sending', () => {
    for (const record of [leftRecord(0, 'left', 1021), leftRecord(0, 'served', 2000), leftRecord(0, 'open', 0)]) {
      const [finding] = uncancelledOf(runOf([record, leftRecord(1, 'left', 1019)], { scenario }))
      assert.equal(finding?.class, 'upstream_not_cancelled')
      assert.equal(finding?.got, '1')
    }
  })

  it('are not counted if an interrupt ended them, or if no client left', () => {
    assert.deepEqual(cancellationsOf(runOf([abortedRecord(0), ...records(2)], { scenario })), [])
  })
})
