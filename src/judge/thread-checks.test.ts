import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readings } from '../../test/fixtures/runs.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { threadChecks } from './thread-checks.ts'
import { reasonsOf } from './timing-check.ts'

const threadReasons = (measured: InstrumentReadings) => reasonsOf(threadChecks, measured)

const delay = (p50Ms: number, p99Ms: number, totalMs: number) => ({ p50Ms, p99Ms, maxMs: p99Ms * 1.5, totalMs })
const crowded = { cpuMs: 400, cpuWaitMs: 900 }
const collected = { count: 52, totalMs: 424, longestMs: 35 }

const cases: readonly (readonly [
  what: string,
  readings: InstrumentReadings,
  state: 'suspect' | 'invalid',
  pattern: RegExp,
])[] = [
  [
    'late events',
    readings('runner', { loopDelay: delay(0.4, 130, 300) }),
    'suspect',
    /^The runner's event loop was late: p50 0\.4 ms, p99 130 ms/,
  ],
  [
    'events that are always late',
    readings('runner', { loopDelay: delay(61, 130, 1100) }),
    'invalid',
    /^The runner's event loop was late: p50 61 ms.*limit p50 50 ms/,
  ],
  [
    'a runner that was stopped',
    readings('runner', { loopDelay: delay(0.4, 510, 1400) }),
    'invalid',
    /^The runner's event loop was late.*70 % of the load/,
  ],
  [
    'a mock that was stopped',
    readings('mock', { loopDelay: delay(0.4, 510, 1400) }),
    'invalid',
    /^The mock's event loop was late/,
  ],
  [
    'a saturated event loop',
    readings('runner', { loopBusyShare: 0.99, loopDelay: delay(30, 90, 900) }),
    'invalid',
    /^The runner was saturated: event loop 9\d % busy/,
  ],
  [
    'a nearly saturated event loop',
    readings('runner', { loopBusyShare: 0.93, loopDelay: delay(4, 90, 900) }),
    'suspect',
    /^The runner was saturated: event loop 9\d % busy/,
  ],
  [
    'frequent garbage collection',
    readings('runner', { gc: { count: 63, totalMs: 380, longestMs: 44 } }),
    'invalid',
    /^Garbage collection took 19 % of the load \(63 pauses.* in the runner/,
  ],
  [
    'frequent collections of a full heap on a crowded machine',
    readings('runner', { ...crowded, gc: collected, heapUsedBytes: 28 * 2 ** 20, heapLimitBytes: 40 * 2 ** 20 }),
    'invalid',
    /^Garbage collection took 21 % .* in the runner, with 28 of 40 MiB/,
  ],
  [
    'collections that other processes prolong',
    readings('runner', { ...crowded, gc: collected }),
    'suspect',
    /^Garbage collection took 21 %/,
  ],
  [
    'one long collection',
    readings('mock', { gc: { count: 1, totalMs: 1200, longestMs: 1200 } }),
    'invalid',
    /^Garbage collection took 60 %.*longest 1200 ms.* in the mock/,
  ],
  [
    'a nearly full heap',
    readings('runner', { heapUsedBytes: 93 * 2 ** 20, heapLimitBytes: 100 * 2 ** 20 }),
    'invalid',
    /^The runner's heap is nearly full: 93 of 100 MiB/,
  ],
  [
    'a heap that fills up',
    readings('mock', { heapUsedBytes: 80 * 2 ** 20, heapLimitBytes: 100 * 2 ** 20 }),
    'suspect',
    /^The mock's heap is nearly full/,
  ],
]

describe('a thread of the harness', () => {
  for (const [what, measured, state, pattern] of cases) {
    it(`makes timing ${state} with ${what}`, () => {
      const reasons = threadReasons(measured).filter(({ sentence }) => pattern.test(sentence))
      assert.deepEqual(
        reasons.map((reason) => reason.state),
        [state],
        JSON.stringify(threadReasons(measured)),
      )
    })
  }

  it('has no reason if nothing disturbed it', () => {
    assert.deepEqual(threadReasons(readings('runner')), [])
  })
})
