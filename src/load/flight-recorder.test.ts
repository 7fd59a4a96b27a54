import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beginNs, failedRecord, ms, records, wholeRecord } from '../../test/fixtures/runs.ts'
import type { StreamRecord } from '../model/record.ts'
import { FlightRecorder, mergeFlights } from './flight-recorder.ts'
import { TimeLine } from './time-line.ts'

function recorded(streams: readonly StreamRecord[]) {
  const recorder = new FlightRecorder()
  for (const record of streams) recorder.add(record, new TimeLine(record.startedNs))
  return recorder.flights()
}

/** A complete stream. How slow it is does not follow from the order of the stream numbers. */
const slow = (stream: number) => wholeRecord(stream, { largestGapNs: (1 + ((stream * 37) % 101)) * ms })

describe('a flight recorder', () => {
  it('keeps the first 100 failed streams and the 10 slowest others, slowest first', () => {
    const flights = recorded([...records(101, slow), ...Array.from({ length: 120 }, (_, i) => failedRecord(200 + i))])
    const worst = flights.filter(({ why }) => why === 'worst').map(({ longestWaitNs }) => longestWaitNs / ms)
    assert.deepEqual(worst, [101, 100, 99, 98, 97, 96, 95, 94, 93, 92])
    assert.deepEqual(
      flights.filter(({ why }) => why === 'failed').map(({ stream }) => stream),
      Array.from({ length: 100 }, (_, i) => 200 + i),
    )
  })

  it('ignores the slowness of a faulty client', () => {
    assert.deepEqual(recorded([wholeRecord(0, { clientFault: 'slow-read' })]), [])
  })

  it('merges two loads as if one recorder had seen both', () => {
    const all = records(101, slow)
    const parts = [all.filter(({ stream }) => stream % 2 === 0), all.filter(({ stream }) => stream % 2 === 1)]
    assert.deepEqual(mergeFlights(parts.map(recorded)), recorded(all))
  })
})

describe('a timeline', () => {
  it('has the times at which each delta was sent and arrived, in us since the start', () => {
    const line = new TimeLine(beginNs)
    line.push(beginNs / 1000 + 40, beginNs + 75_400)
    line.push(undefined, beginNs + 2 * ms)
    assert.deepEqual(line.toJSON(), [
      [40, 75],
      [null, 2000],
    ])
  })

  it('keeps every second or fourth delta of a long stream, from the first to near the last', () => {
    const line = new TimeLine(beginNs)
    for (let delta = 0; delta < 3000; delta++) line.push(undefined, beginNs + delta * 1000)
    assert.equal(line.stride, 4)
    assert.deepEqual(
      line.toJSON().map(([, us]) => us),
      Array.from({ length: 750 }, (_, index) => 4 * index),
    )
  })
})
