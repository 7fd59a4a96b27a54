import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, failedRecord, ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import type { Scenario } from '../model/scenario.ts'
import { judge } from './judgement.ts'
import { missedPeak } from './planned-peak.ts'

/** Streams of 200 ms, as 11 deltas each 20 ms make them, that start so many ms one after the other. */
function started(everyMs: number, scenario: Partial<Scenario> = {}, streams = 100) {
  const lasting = records(streams, (stream) => {
    const startedNs = beginNs + stream * everyMs * ms
    return wholeRecord(stream, { intendedNs: beginNs, startedNs, endedNs: startedNs + 200 * ms })
  })
  return runOf(lasting, { scenario: { chunks: 11, delayMs: 20, ...scenario } })
}

describe('a planned peak', () => {
  it('that was missed because our starts took longer than a stream makes the run invalid', () => {
    const run = started(4)
    assert.match(missedPeak(run) ?? '', /only 50 of 100 streams .* starts took 396 ms where 0 ms .* lasted 200 ms/)
    assert.equal(judge(run).verdict, 'invalid')
  })

  it('that was reached, or all but 5 %, says nothing', () => {
    assert.equal(missedPeak(started(0.1)), undefined)
    assert.equal(missedPeak(started(2.08)), undefined)
  })

  it('is none where the ramp is as long as the streams', () => {
    assert.equal(missedPeak(started(4, { rampMs: 400 })), undefined)
    assert.match(missedPeak(started(4, { rampMs: 199 })) ?? '', /where 199 ms were planned/)
  })

  it('is none where the streams are meant to be short', () => {
    assert.equal(missedPeak(started(4, { chunks: 1, delayMs: 0 })), undefined)
    assert.equal(missedPeak(started(4, { chunks: 1, delayMs: 1000 })), undefined)
    assert.equal(missedPeak(started(4, { chunks: 20, delayMs: 5 })), undefined)
  })

  it("is none where nobody knows the mock's own pace", () => {
    const { chunks: _, ...scenario } = started(4).scenario
    assert.equal(missedPeak({ ...started(4), scenario }), undefined)
  })

  it('that was missed because connects took long is not ours', () => {
    const slow = records(100, (stream) => {
      const startedNs = beginNs + stream * ms
      const connectedNs = startedNs + (stream < 50 ? 1 : 300) * ms
      return wholeRecord(stream, { startedNs, connectedNs, endedNs: connectedNs + 200 * ms })
    })
    assert.equal(missedPeak(runOf(slow, { scenario: { chunks: 11, delayMs: 20 } })), undefined)
  })

  it('says nothing where streams failed, as those ended before their time', () => {
    const run = started(4)
    assert.equal(missedPeak({ ...run, records: [failedRecord(0), ...run.records.slice(1)] }), undefined)
  })
})
