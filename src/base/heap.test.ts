import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { TimeHeap } from './heap.ts'

it('a heap gives its values by time, and those of the same time in the sequence in which they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const heap = new TimeHeap<readonly [at: number, added: number]>()
      for (const [added, at] of times.entries()) heap.add(at, [at, added])
      const taken: (readonly [number, number] | undefined)[] = []
      while (heap.size > 0) {
        const { nextAt } = heap
        taken.push(heap.take())
        assert.equal(nextAt, taken.at(-1)?.[0])
      }
      const sorted = times.map((at, added) => [at, added] as const).sort(([a, i], [b, j]) => a - b || i - j)
      assert.deepEqual(taken, sorted)
      assert.equal(heap.take(), undefined)
    }),
  )
})
