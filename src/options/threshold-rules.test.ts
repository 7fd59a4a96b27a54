import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UsageError } from '../base/errors.ts'
import { experimentVariables } from './compose-variables.ts'
import { readFlags } from './flags.ts'
import { readRunOptions } from './run-options.ts'
import { experimentOf } from './scenario.ts'

const scenarioOf = (argv: Readonly<Record<string, unknown>>) => readRunOptions(argv, {}).experiment.scenario

describe('--threshold and --goodput', () => {
  it('are stored in their canonical form', () => {
    const argv = { threshold: ['ttft.p(99)<250', 'failed.rate<0.01,abort'], goodput: 'ttft<0.5s' }
    const { thresholds, goodput } = scenarioOf(argv)
    assert.deepEqual(thresholds, ['ttft.p99 < 250ms', 'failed.rate < 1%, abort'])
    assert.deepEqual(goodput, ['ttft < 500ms'])
    assert.deepEqual(scenarioOf({}).thresholds, undefined)
  })

  it('are options of the library', () => {
    const { scenario } = experimentOf({ thresholds: ['ttft.p(99)<250'], goodput: ['duration<5s'] })
    assert.deepEqual([scenario.thresholds, scenario.goodput], [['ttft.p99 < 250ms'], ['duration < 5s']])
  })

  it('reach a runner in a container without their spaces', () => {
    const { experiment } = readRunOptions(
      { threshold: ['failed.rate < 1%, abort after 10s'], goodput: 'ttft < 1s' },
      {},
    )
    const { THRESHOLDS, GOODPUT } = experimentVariables(experiment, 1) as Record<string, string>
    assert.deepEqual([THRESHOLDS, GOODPUT], ['failed.rate<1%,abortafter10s', 'ttft<1s'])
    assert.deepEqual(scenarioOf({ threshold: THRESHOLDS, goodput: GOODPUT }), experiment.scenario)
  })

  it('--abort-on-fail ends the load for each that can be evaluated while it runs', () => {
    const threshold = [
      'ttfb.p99 < 250ms',
      'ttft.p99 < 250ms',
      'failed.rate < 1%',
      'failed.count < 9, abort after 5s',
      'failed.count > 0',
    ]
    assert.deepEqual(scenarioOf({ threshold, 'abort-on-fail': true }).thresholds, [
      'ttfb.p99 < 250ms',
      'ttft.p99 < 250ms, abort',
      'failed.rate < 1%, abort',
      'failed.count < 9, abort after 5s',
      'failed.count > 0',
    ])
  })

  const abort = 'failed.rate < 1%, abort'
  for (const [what, act, message] of [
    [
      'an unknown metric',
      () => scenarioOf({ threshold: 'tftt.p99 < 1s' }),
      /^--threshold: unknown metric \(got "tftt\.p99"\)\. Did you mean ttft\.p99\?$/,
    ],
    [
      'every bad one at once',
      () => scenarioOf({ threshold: ['a < 1', 'b < 2'], goodput: 'c < 3' }),
      /^--threshold: .*\n--threshold: .*\n--goodput: /,
    ],
    [
      'a phase that the load does not have',
      () =>
        scenarioOf({
          phase: ['a: shape=burst, streams=3', 'spike: shape=burst, streams=9'],
          threshold: 'ttft{phase:spik}.p50 < 1s',
        }),
      /^--threshold: must name a phase of this load, a or spike \(got "spik"\)\. Did you mean spike\?$/,
    ],
    [
      'an unknown phase',
      () => scenarioOf({ threshold: 'ttft{phase:lod}.p50 < 1s' }),
      /^--threshold: must name a phase of this load, load \(got "lod"\)\. Did you mean load\?$/,
    ],
    [
      '--abort-on-fail alone',
      () => scenarioOf({ 'abort-on-fail': true }),
      /^--abort-on-fail needs a --threshold with an upper limit for the whole run on one of failed\.count, failed\.rate/,
    ],
    [
      '--abort-on-fail for a time only',
      () => scenarioOf({ 'abort-on-fail': true, threshold: 'ttfb.p50 < 1s' }),
      /^--abort-on-fail needs/,
    ],
    [
      'an abort with faults',
      () => scenarioOf({ threshold: abort, fault: 'http-500:0.1' }),
      /^--threshold: cannot end a load with injected faults early/,
    ],
    [
      'a bad one of the library',
      () => experimentOf({ thresholds: ['ttft.p99 < 1%'] }),
      /^thresholds: the limit of ttft\.p99 must be a time/,
    ],
    [
      'an unknown phase of the library',
      () => experimentOf({ thresholds: ['ttft{phase:x}.p50 < 1s'] }),
      /^thresholds: must name a phase/,
    ],
    [
      'one of stress',
      () => readFlags('stress', { threshold: 'ttft < 1s' }),
      /^--threshold: the statistics of a time are/,
    ],
  ] as const)
    it(`refuses ${what} before anything starts`, () => {
      assert.throws(act, (error) => {
        assert.ok(error instanceof UsageError)
        assert.match(error.message, message)
        return true
      })
    })
})
