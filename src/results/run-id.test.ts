import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isRunId, newRunId } from './run-id.ts'

describe('a run id', () => {
  it('is the start in UTC, to the second, and the random digits', () => {
    assert.equal(newRunId(new Date('2026-11-24T06:24:54.987+01:00'), 'a1b2c3'), '20261124-052454-a1b2c3')
  })

  it('sorts by time', () => {
    const ids = ['2026-11-24T09:59:59Z', '2026-11-24T10:00:00Z', '2027-01-01T00:00:00Z'].map((at) =>
      newRunId(new Date(at), '0'),
    )
    assert.deepEqual(ids.toSorted(), ids)
  })

  it('is a single path segment', () => {
    assert.ok(isRunId('20261124-052454-a1b2c3'))
    for (const text of ['', '.', '..', '../x', 'a/b', 'A', '-rf', 'a b', 'a\n', 'latest.', 'ä', 'a'.repeat(65)])
      assert.equal(isRunId(text), false, JSON.stringify(text))
    assert.throws(() => newRunId(new Date(0), '../../etc'), /not a run id/)
  })
})
