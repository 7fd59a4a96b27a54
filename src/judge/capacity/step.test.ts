import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runOf } from '../../../test/fixtures/runs.ts'
import { defaultStepS, type StepPlan, stepScenario, stepThresholds, ttftThreshold, unloadedScenario } from './step.ts'

const plan = (of: StepPlan['of'], thresholds: readonly string[] = []): StepPlan => ({
  of,
  scenario: { ...runOf([]).scenario, streams: 1, chunks: 20, delayMs: 50, warmUpStreams: 8 },
  search: { from: 10, to: 1000, precision: 0.05, repeat: 3, maxDurationS: 300, stepS: 5 },
  thresholds,
})

describe('the load of a step', () => {
  it('keeps streams open after a ramp that is not counted', () => {
    const { streams, phases, warmUpStreams } = stepScenario(plan('streams'), 3)
    assert.deepEqual([streams, warmUpStreams], [3, 3])
    assert.deepEqual(phases, [
      { name: 'ramp', durationS: 1, excluded: true, shape: 'constant-streams', streams: 3, rampMs: 999 },
      { name: 'load', durationS: 5, shape: 'constant-streams', streams: 3 },
    ])
  })

  it('starts streams at a rate, with room for those of a slow gateway', () => {
    const { phases } = stepScenario(plan('rate'), 500)
    assert.deepEqual(phases?.[1], {
      name: 'load',
      durationS: 5,
      shape: 'constant-arrival-rate',
      rate: 500,
      maxStreams: 2000,
    })
  })

  it('has no ramp if its streams end at once', () => {
    const { scenario, ...rest } = plan('streams')
    const { phases } = stepScenario({ ...rest, scenario: { ...scenario, chunks: 1, delayMs: 0 } }, 10)
    assert.deepEqual(
      phases?.map(({ name }) => name),
      ['load'],
    )
  })

  it('limits the maximum instead of a percentile for which it is too short', () => {
    const texts = ['ttft.p99 < 250ms', 'ttft.p50 < 90ms', 'interChunk.p99.9 < 100ms', 'streams.rate > 5/s']
    const at = (n: number) => stepScenario(plan('streams', texts), n).thresholds
    assert.deepEqual(at(10), ['ttft.max < 250ms', 'ttft.p50 < 90ms', 'interChunk.max < 100ms', 'streams.rate > 5/s'])
    assert.deepEqual(at(60), texts)
    assert.deepEqual(stepScenario(plan('rate', ['ttft{phase:load}.p99 < 1s']), 10).thresholds, [
      'ttft{phase:load}.max < 1s',
    ])
  })

  it('lasts 5 s, or two streams', () => {
    assert.equal(defaultStepS({ chunks: 20, delayMs: 50 }), 5)
    assert.equal(defaultStepS({ chunks: 100, delayMs: 50 }), 10)
  })

  it('runs streams alone to see how fast the gateway is without a load', () => {
    const { streams, chunks, phases } = unloadedScenario(plan('streams'))
    assert.deepEqual(
      [streams, chunks, phases],
      [1, 2, [{ name: 'load', shape: 'constant-streams', streams: 1, total: 30 }]],
    )
  })
})

describe('the thresholds of a step', () => {
  it('have defaults for what the user does not limit', () => {
    const failures = 'failed.count == 0'
    for (const [texts, thresholds, needsUnloaded] of [
      [[], [failures], true],
      [['failed.rate < 1%'], ['failed.rate < 1%'], true],
      [['ttft.p99 < 1s'], [failures, 'ttft.p99 < 1s'], false],
      [['interChunk.p99 < 1s'], [failures, 'interChunk.p99 < 1s'], false],
      [['memory.peak < 1GiB', 'errors.http_5xx.rate < 1%'], ['memory.peak < 1GiB', 'errors.http_5xx.rate < 1%'], true],
    ] as const)
      assert.deepEqual(stepThresholds(texts), { thresholds, needsUnloaded })
  })

  it('limit the TTFT to 250 ms, or ten times that without a load', () => {
    assert.equal(ttftThreshold(undefined), 'ttft.p99 < 250ms')
    assert.equal(ttftThreshold(3.2), 'ttft.p99 < 250ms')
    assert.equal(ttftThreshold(80.01), 'ttft.p99 < 801ms')
  })
})
