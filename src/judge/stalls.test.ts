import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, ms, records, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { backlogOf, stalledOf } from './stalls.ts'

const connecting = (timeMs: (stream: number) => number) =>
  runOf(records(100, (stream) => wholeRecord(stream, { connectedNs: beginNs + timeMs(stream) * ms })))

describe('connects', () => {
  it('that take 1 s among quick ones indicate an overflowed accept queue', () => {
    const [finding] = backlogOf(connecting((stream) => (stream < 90 ? 2 : 1003 + stream / 10)))
    assert.equal(finding?.class, 'accept_backlog')
    assert.match(finding?.got ?? '', /10 of 100 near 1 s/)
  })

  it('indicate nothing if all are quick, if they take any time up to seconds, or if only one or two take 1 s', () => {
    assert.deepEqual(backlogOf(connecting((stream) => stream / 10)), [])
    assert.deepEqual(backlogOf(connecting((stream) => 400 + stream * 14)), [])
    assert.deepEqual(backlogOf(connecting((stream) => (stream < 2 ? 1010 : 3))), [])
  })
})

describe('stalled streams', () => {
  const gap = (stream: number, endMs: number, gapMs: number) =>
    wholeRecord(stream, {
      firstDeltaNs: beginNs + 10 * ms,
      lastDeltaNs: beginNs + 2000 * ms,
      largestGapNs: gapMs * ms,
      largestGapEndNs: beginNs + endMs * ms,
    })

  it('at one instant are reported with their number and time', () => {
    const [finding] = stalledOf(runOf(records(100, (stream) => gap(stream, 800 + (stream % 20), 300))))
    assert.equal(finding?.class, 'stalled_together')
    assert.match(finding?.got ?? '', /^100 of 100 open streams at once, 519 ms after the start/)
  })

  it('one after the other, or for only a few delays, are not reported', () => {
    assert.deepEqual(stalledOf(runOf(records(100, (stream) => gap(stream, 200 + stream * 15, 150)))), [])
    assert.deepEqual(stalledOf(runOf(records(100, (stream) => gap(stream, 800, 90)))), [])
  })

  it('are not reported if only a third of the open streams stall', () => {
    assert.deepEqual(stalledOf(runOf(records(100, (stream) => gap(stream, 800, stream % 3 === 0 ? 300 : 30)))), [])
  })
})
