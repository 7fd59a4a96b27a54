import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { alignRows } from './table.ts'

describe('an aligned table', () => {
  it('aligns each column to its widest cell', () => {
    const rows = [
      ['', 'n', 'p50'],
      ['TTFT', 100, '12.5 ms'],
      ['inter-chunk', 9, '50 ms'],
    ]
    assert.deepEqual(alignRows(rows, ['left', 'right']), [
      '               n      p50',
      'TTFT         100  12.5 ms',
      'inter-chunk    9    50 ms',
    ])
  })

  it('aligns all columns to the left by default, without trailing spaces', () => {
    assert.deepEqual(
      alignRows([
        ['a', 'b'],
        ['long', 'c'],
        ['d', undefined],
      ]),
      ['a     b', 'long  c', 'd'],
    )
  })

  it('keeps a minimum width, so that separate tables line up', () => {
    const columns = [{ align: 'left', minWidth: 6 } as const, { align: 'right', minWidth: 5 } as const]
    assert.deepEqual(alignRows([['a', 1]], columns, ''), ['a         1'])
  })

  it('lets the last cell of a shorter row span the remaining columns', () => {
    const rows = [
      ['a', 1, 2],
      ['b', 'not measured: no port'],
      ['c', 10, 20],
    ]
    assert.deepEqual(alignRows(rows, ['left', 'right']), ['a   1   2', 'b  not measured: no port', 'c  10  20'])
  })

  it('is empty without rows', () => {
    assert.deepEqual(alignRows([]), [])
  })
})
