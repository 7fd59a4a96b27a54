import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runOf } from '../../test/fixtures/runs.ts'
import type { LoadPhase } from '../model/phase.ts'
import { shortPhases } from './baseline.ts'

const { scenario } = runOf([])

const shortened = (...phases: LoadPhase[]) => shortPhases({ ...scenario, phases }).phases

describe('the phases of a baseline', () => {
  it('are those of the load, if they are short', () => {
    const phase = { name: 'load', shape: 'constant-arrival-rate', rate: 20, durationS: 5 } as const
    assert.deepEqual(shortened(phase), [{ ...phase, stages: undefined, total: undefined }])
  })

  it('keep rates and targets, and are shortened in proportion', () => {
    const [base, ramp] =
      shortened(
        { name: 'base', shape: 'constant-arrival-rate', rate: 20, durationS: 40 },
        {
          name: 'ramp',
          shape: 'ramping-streams',
          stages: [
            { durationS: 15, target: 100 },
            { durationS: 5, target: 0 },
          ],
        },
      ) ?? []
    assert.deepEqual([base?.rate, base?.durationS], [20, 4])
    assert.deepEqual(ramp?.stages, [
      { durationS: 1.5, target: 100 },
      { durationS: 0.5, target: 0 },
    ])
  })

  it('leave out the excluded ones, and start fewer streams in a closed loop without a duration', () => {
    const phases = shortened(
      { name: 'warm-up', shape: 'burst', streams: 50, excluded: true },
      { name: 'load', shape: 'constant-streams', streams: 10, total: 10_000 },
    )
    assert.deepEqual(
      phases?.map(({ name, total }) => [name, total]),
      [['load', 30]],
    )
  })

  it('are absent for a burst', () => {
    assert.equal(shortPhases(scenario).phases, undefined)
  })
})
