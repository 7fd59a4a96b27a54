import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { abortedRecord, failedRecord, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import { judge } from '../judge/judgement.ts'
import type { StreamRecord } from '../model/record.ts'
import { reportText } from '../report/text/report-text.ts'
import { RecordList } from './record-list.ts'

function listed(all: readonly StreamRecord[], most: number) {
  const list = new RecordList(all.length, most)
  for (const record of all) list.add(record)
  return list
}

describe('the records of a run in memory', () => {
  it('are those of the file, sorted by stream number, if there are not too many', () => {
    const list = listed([wholeRecord(2), failedRecord(0), wholeRecord(1)], 3)
    assert.deepEqual(list.sorted(), [failedRecord(0), wholeRecord(1), wholeRecord(2)])
    assert.equal(list.thinned, 0)
  })

  it('stand for the next complete ones if there are too many; all others are kept', () => {
    const list = listed([wholeRecord(0), failedRecord(1), wholeRecord(2), abortedRecord(3), wholeRecord(4)], 2)
    assert.deepEqual(
      list.sorted().map(({ stream }) => stream),
      [0, 0, 0, 1, 3],
    )
    assert.equal(list.thinned, 2)
  })

  it('stand for streams of their own phase only', () => {
    const list = listed(
      [0, 0, 1, 1, 0].map((phase, stream) => wholeRecord(stream, { phase })),
      2,
    )
    assert.deepEqual(
      list.records.map(({ stream, phase }) => [stream, phase]),
      [
        [0, 0],
        [0, 0],
        [2, 1],
        [2, 1],
        [4, 0],
      ],
    )
  })

  it('have the exact number of streams per outcome and phase, however few are kept', () => {
    const any = fc.record({ kind: fc.constantFrom('whole', 'failed', 'aborted'), phase: fc.nat(2) })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (streams, most) => {
        const all = streams.map(({ kind, phase }, stream): StreamRecord => {
          if (kind === 'failed') return failedRecord(stream, 'truncated_fin', {})
          return kind === 'aborted' ? { ...abortedRecord(stream), phase } : wholeRecord(stream, { phase })
        })
        const count = (records: readonly StreamRecord[]) =>
          Object.fromEntries(
            [...Map.groupBy(records, ({ outcome, phase }) => `${outcome.state} ${phase}`)]
              .map(([name, group]) => [name, group.length] as const)
              .sort(),
          )
        assert.deepEqual(count(listed(all, most).sorted()), count(all))
      }),
    )
  })

  it('that stand for others are mentioned in the report', () => {
    const { thinned, records } = listed(
      Array.from({ length: 40 }, (_, stream) => wholeRecord(stream)),
      10,
    )
    const run = { ...runOf(records), thinned }
    assert.match(reportText(run, judge(run), 'full'), /^Records: {2}30 of 40 streams are only counted; /m)
    assert.equal(judge(run).summary.whole, 40)
  })
})
