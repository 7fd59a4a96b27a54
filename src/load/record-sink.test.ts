import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failedRecord, records, wholeRecord } from '../../test/fixtures/runs.ts'
import type { StreamRecord } from '../model/record.ts'
import { RecordSink } from './record-sink.ts'

/** A spool that keeps what it gets. */
function memorySpool(keep: number) {
  const lines: string[] = []
  const added: StreamRecord[] = []
  const batches: number[] = []
  const spool = {
    keep,
    write: (bytes: Uint8Array, count: number) => {
      batches.push(count)
      lines.push(...Buffer.from(bytes).toString().split('\n').slice(0, -1))
    },
    add: (record: StreamRecord) => {
      added.push(record)
    },
  }
  return { spool, lines, added, batches, streams: () => lines.map((line) => JSON.parse(line).stream) }
}

function sinkAll(all: readonly StreamRecord[], spool?: ReturnType<typeof memorySpool>['spool']) {
  const sink = new RecordSink(spool)
  for (const record of all) sink.add(record)
  return sink.end()
}

describe('the records of a load', () => {
  it('stay in memory, sorted, without a spool, and with one up to the number that it keeps', () => {
    const three = records(3)
    assert.deepEqual(sinkAll(three.toReversed()), three)
    const { spool, lines } = memorySpool(3)
    assert.deepEqual(sinkAll(three.toReversed(), spool), three)
    assert.deepEqual(lines, [])
  })

  it('all go to the spool once there are more, in the sequence of their ends', () => {
    const { spool, lines, streams } = memorySpool(3)
    assert.deepEqual(
      sinkAll(
        [3, 1, 0, 2, 4].map((stream) => wholeRecord(stream)),
        spool,
      ),
      [],
    )
    assert.deepEqual(streams(), [3, 1, 0, 2, 4])
    assert.deepEqual(JSON.parse(lines[0] ?? ''), wholeRecord(3))
  })

  it('go to the spool a few at a time: writing all at once would hold up the streams', () => {
    const { spool, streams } = memorySpool(100)
    const sink = new RecordSink(spool)
    for (const record of records(111)) sink.add(record)
    assert.deepEqual(streams(), [])
    sink.end()
    assert.deepEqual(
      streams().sort((a, b) => a - b),
      records(111).map(({ stream }) => stream),
    )
    const [first, ...next] = streams()
    assert.deepEqual([first, next.indexOf(101), next.indexOf(102)], [0, 7, 16])
  })

  it('are written in batches of complete lines, and a line that is longer than a batch alone', () => {
    const many = records(1000, (stream) => wholeRecord(stream, stream === 500 ? { fault: undefined } : {}))
    const { spool, lines, batches } = memorySpool(0)
    sinkAll(many, spool)
    assert.equal(lines.length, 1000)
    assert.ok(batches.length > 2 && batches.length < 20, `${batches}`)
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      many.map((record) => JSON.parse(JSON.stringify(record))),
    )
  })

  it('with texts of the gateway are passed on as records, so that secrets can be removed', () => {
    const { spool, added, streams } = memorySpool(0)
    const finding = { rule: 'I1', severity: 'error', event: 1, expected: 'a', got: 'b' } as const
    const withFinding = wholeRecord(1, { findings: [finding], findingCounts: { I1: 1 } })
    assert.deepEqual(sinkAll([wholeRecord(0), withFinding, failedRecord(2)], spool), [])
    assert.deepEqual(added, [withFinding, failedRecord(2)])
    assert.deepEqual(streams(), [0])
  })

  it('with a fault stay in memory: they get what the mock did after the load', () => {
    const { spool, streams } = memorySpool(0)
    const faulty = wholeRecord(2, { fault: 'truncate@50%' })
    const leaving = wholeRecord(1, { clientFault: 'abort@50%' })
    assert.deepEqual(sinkAll([faulty, leaving, wholeRecord(0)], spool), [leaving, faulty])
    assert.deepEqual(streams(), [0])
  })
})
