import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, failedRecord, ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import { harnessFailures } from './harness-failures.ts'
import { judge } from './judgement.ts'

const missedPeak = (run: Run) => harnessFailures(run)[0]

/** Streams of 200 ms (11 deltas with a delay of 20 ms) that start `everyMs` ms after each other. */
function started(everyMs: number, scenario: Partial<Scenario> = {}, streams = 100) {
  const lasting = records(streams, (stream) => {
    const startedNs = beginNs + stream * everyMs * ms
    return wholeRecord(stream, { intendedNs: beginNs, startedNs, endedNs: startedNs + 200 * ms })
  })
  return runOf(lasting, { scenario: { chunks: 11, delayMs: 20, ...scenario } })
}

describe('a planned peak', () => {
  it('missed because the starts took longer than a stream makes the run invalid', () => {
    const run = started(4)
    assert.match(
      missedPeak(run) ?? '',
      /^Only 50 of 100 streams .* starts took 396 ms \(planned 0 ms\).* shortest stream \(200 ms\)/,
    )
    assert.equal(judge(run).verdict, 'invalid')
  })

  it('reached to at least 95 % is not a failure', () => {
    assert.equal(missedPeak(started(0.1)), undefined)
    assert.equal(missedPeak(started(2.08)), undefined)
  })

  it('is not expected if the ramp is as long as the streams', () => {
    assert.equal(missedPeak(started(4, { rampMs: 400 })), undefined)
    assert.match(missedPeak(started(4, { rampMs: 199 })) ?? '', /planned 199 ms/)
  })

  it('is not expected of short streams', () => {
    assert.equal(missedPeak(started(4, { chunks: 1, delayMs: 0 })), undefined)
    assert.equal(missedPeak(started(4, { chunks: 1, delayMs: 1000 })), undefined)
    assert.equal(missedPeak(started(4, { chunks: 20, delayMs: 5 })), undefined)
  })

  it("is not expected if the mock's pace is unknown", () => {
    const { chunks: _, ...scenario } = started(4).scenario
    assert.equal(missedPeak({ ...started(4), scenario }), undefined)
  })

  it('missed because connects took long is not a failure of the harness', () => {
    const slow = records(100, (stream) => {
      const startedNs = beginNs + stream * ms
      const connectedNs = startedNs + (stream < 50 ? 1 : 300) * ms
      return wholeRecord(stream, { startedNs, connectedNs, endedNs: connectedNs + 200 * ms })
    })
    assert.equal(missedPeak(runOf(slow, { scenario: { chunks: 11, delayMs: 20 } })), undefined)
  })

  it('is not checked if streams failed, as those end early', () => {
    const run = started(4)
    assert.equal(missedPeak({ ...run, records: [failedRecord(0), ...run.records.slice(1)] }), undefined)
  })
})
