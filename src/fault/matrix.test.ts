import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultFamilies, faultNames, faultTable } from './fault-table.ts'
import { matrix } from './matrix.ts'

describe('the detection matrix', () => {
  it('has the rows of every fault, and for each row without a fault what causes and reports it', () => {
    const rows = new Set(faultNames.flatMap((name) => faultTable[name].rows))
    assert.deepEqual(
      [...rows].filter((row) => matrix[row] === undefined),
      [],
    )
    for (const [row, { by, reported }] of Object.entries(matrix))
      assert.equal(rows.has(Number(row)), by === undefined && reported === undefined, `row ${row}`)
    assert.deepEqual(
      Object.keys(matrix).map(Number),
      Array.from({ length: 60 }, (_, index) => index + 1),
    )
  })

  it('has every fault in exactly one family', () => {
    assert.deepEqual(
      faultFamilies.flatMap(({ names }) => names),
      faultNames,
    )
  })
})
