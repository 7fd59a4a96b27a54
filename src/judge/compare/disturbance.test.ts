import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { quicklyJudgedRun } from '../../../test/fixtures/compared-runs.ts'
import { instrument, mockStats, readings } from '../../../test/fixtures/runs.ts'
import type { Run } from '../../model/run.ts'
import { compareRuns } from './compare.ts'
import { disturbanceOf, othersShare } from './disturbance.ts'
import type { JudgedRun } from './estimates.ts'

const { run: plain, judgement } = quicklyJudgedRun(1, { runNoise: 0 })

/** A run of 2 s on two CPUs, in which all programs together used this much CPU time, in s: runner 0.7, mock 0.5, gateway 0.2. */
function runWith(usedS: number, members: Partial<Run> = {}): Run {
  return {
    ...plain,
    instrument: instrument({ cpu: { usedS, totalS: 4 } }),
    mock: { ...mockStats(1), instrument: [readings('mock', { cpuMs: 500 })] },
    ...members,
  }
}

const judged = (run: Run): JudgedRun => ({ folder: 'results/a', run, judgement })

describe('the CPU time of other programs', () => {
  it('is what harness and gateway did not use', () => {
    const share = (usedS: number) => othersShare(runWith(usedS))?.toFixed(2)
    assert.deepEqual([share(1.4), share(2.4), share(4), share(1)], ['0.00', '0.25', '0.65', '0.00'])
  })

  it('is unknown if that of the machine, the mock or the gateway is, or of a thread', () => {
    const noMachine = runWith(2, { instrument: instrument() })
    const noMock = runWith(2, { mock: undefined })
    const noGateway = runWith(2, { cost: undefined })
    const noThread = runWith(2, { mock: { ...mockStats(1), instrument: [readings('mock', { cpuMs: undefined })] } })
    for (const run of [noMachine, noMock, noGateway, noThread]) assert.equal(othersShare(run), undefined)
    const direct = { ...plain.gateway, kind: 'none' } as const
    assert.equal(othersShare(runWith(2, { cost: undefined, gateway: direct }))?.toFixed(2), '0.20')
  })

  it('disturbs a run from 15 % on, and then its times are not judged if it is compared alone', () => {
    assert.equal(disturbanceOf(judged(runWith(1.9))), undefined)
    const disturbed = judged(runWith(2.4))
    assert.equal(disturbanceOf(disturbed), 'Other programs used 25 % of the CPU time during results/a (limit 15 %).')
    const others = [2, 3, 4].map((seed) => quicklyJudgedRun(seed))
    const verdictOf = (base: readonly JudgedRun[], changed: readonly JudgedRun[]) =>
      compareRuns(base, changed).metrics[0]?.verdict
    assert.equal(verdictOf(others.slice(0, 1), [disturbed]), 'not-judged')
    assert.equal(verdictOf(others, [disturbed]), 'not-judged')
    assert.equal(verdictOf(others, [disturbed, quicklyJudgedRun(5)]), 'no-difference-shown')
    const several = compareRuns([disturbed, disturbed, disturbed], others)
    assert.match(several.notes.join('\n'), /3 of 6 runs were disturbed\. Other programs used 25 %/)
  })
})
