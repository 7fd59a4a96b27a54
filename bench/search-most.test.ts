import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchMost } from './search-most.ts'

const coarse = { limit: 9900, growth: 4, resolution: 0.05 }

/** Searches with a fake trial that holds up to `most`, and counts the trials. */
async function search(most: number, options: { from: number; limit: number; growth: number; resolution: number }) {
  const tried: number[] = []
  const result = await searchMost(async (count) => {
    tried.push(count)
    return count <= most
  }, options)
  return { result, tried }
}

test('one trial is enough if the maximum holds', async () => {
  assert.deepEqual(await search(20_000, { ...coarse, from: 9900 }), { result: { most: 9900 }, tried: [9900] })
})

for (const most of [1, 37, 500, 1234, 8000, 9899]) {
  test(`the limit ${most} is found within 5 %, from above and from below`, async () => {
    for (const from of [9900, 1, 600]) {
      const { result, tried } = await search(most, { ...coarse, from })
      assert.ok(result.most <= most && (result.leastFailed ?? 0) > most)
      assert.ok((result.leastFailed ?? 0) - result.most <= Math.max(1, result.most * 0.05))
      assert.ok(tried.length <= 14, `${tried}`)
      assert.equal(new Set(tried).size, tried.length)
    }
  })
}

test('a second search that starts at the first result takes few trials', async () => {
  const { tried } = await search(1300, { ...coarse, from: 1250, growth: 1.1 })
  assert.ok(tried.length <= 4, `${tried}`)
})

test('nothing is found if nothing holds', async () => {
  assert.deepEqual((await search(0, { ...coarse, from: 100 })).result, { most: 0, leastFailed: 1 })
})
