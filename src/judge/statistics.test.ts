import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { criticalT, twoSidedP } from './statistics.ts'

describe("Student's t distribution", () => {
  it('has the values of the printed tables', () => {
    for (const [p, degrees, t] of [
      [0.05, 1, 12.706],
      [0.05, 2, 4.303],
      [0.05, 4, 2.776],
      [0.01, 9, 3.25],
      [0.001, 18, 3.922],
      [0.05, 30, 2.042],
      [0.05, Number.POSITIVE_INFINITY, 1.96],
    ] as const) {
      assert.ok(Math.abs(criticalT(p, degrees) - t) < 0.001, `${p}, ${degrees}: ${criticalT(p, degrees)}`)
      assert.ok(Math.abs(twoSidedP(t, degrees) - p) < 0.0005, `${t}, ${degrees}: ${twoSidedP(t, degrees)}`)
    }
  })

  it('is symmetric, 1 at 0, and falls towards 0', () => {
    assert.equal(twoSidedP(0, 5), 1)
    assert.equal(twoSidedP(-2, 5), twoSidedP(2, 5))
    assert.ok(twoSidedP(50, 5) < 1e-7)
    assert.equal(twoSidedP(Number.POSITIVE_INFINITY, 5), 0)
  })
})
