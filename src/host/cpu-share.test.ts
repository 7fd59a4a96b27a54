import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchCpuShare } from './cpu-share.ts'

const busyness: readonly (readonly [what: string, before: string, after: string, share: number | undefined])[] = [
  ['all CPUs worked', 'cpu  10 0 10 100 0 0 0 0 0 0', 'cpu  60 0 60 100 0 0 0 0 0 0', 1],
  ['a quarter of the time', 'cpu  10 0 10 100 0 0 0 0 0 0', 'cpu  20 5 20 175 0 0 0 0 0 0', 0.25],
  ['waiting for a disk is idle', 'cpu  10 0 10 100 0 0 0 0 0 0', 'cpu  10 0 10 150 50 0 0 0 0 0', 0],
  ['an idle counter ran backwards', 'cpu  10 0 10 100 0 0 0 0 0 0', 'cpu  60 0 60 98 0 0 0 0 0 0', 1],
  ['too short to tell', 'cpu  10 0 10 100 0 0 0 0 0 0', 'cpu  12 0 10 103 0 0 0 0 0 0', undefined],
  ['no counters', '', '', undefined],
]

for (const [what, before, after, share] of busyness)
  test(`the busy share of the CPUs: ${what}`, () => {
    const texts = [before, after]
    const read = watchCpuShare(() => texts.shift())
    assert.equal(read(), share)
  })
