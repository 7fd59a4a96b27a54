import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readings } from '../../test/fixtures/runs.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { threadReasons } from './thread-timing.ts'

const delay = (p50Ms: number, p99Ms: number, totalMs: number) => ({ p50Ms, p99Ms, maxMs: p99Ms * 1.5, totalMs })
const crowded = { cpuMs: 400, cpuWaitMs: 900 }
const collected = { count: 52, totalMs: 424, longestMs: 35 }

const cases: readonly (readonly [
  what: string,
  readings: InstrumentReadings,
  state: 'suspect' | 'invalid',
  says: RegExp,
])[] = [
  [
    'a runner whose loop is late',
    readings('runner', { loopDelay: delay(0.4, 130, 300) }),
    'suspect',
    /^the runner's event loop was late: p50 0\.4 ms, p99 130 ms/,
  ],
  [
    'a runner whose loop is late each time',
    readings('runner', { loopDelay: delay(61, 130, 1100) }),
    'invalid',
    /^the runner's event loop was late: p50 61 ms.*limit: p50 50 ms/,
  ],
  [
    'a runner that was stopped',
    readings('runner', { loopDelay: delay(0.4, 510, 1400) }),
    'invalid',
    /^the runner's event loop was late.*70 % of the load in all/,
  ],
  [
    'a mock that was stopped',
    readings('mock', { loopDelay: delay(0.4, 510, 1400) }),
    'invalid',
    /^the mock's event loop was late/,
  ],
  [
    'a runner with all it can do',
    readings('runner', { loopBusyShare: 0.99, loopDelay: delay(30, 90, 900) }),
    'invalid',
    /^the runner had as much to do as it could/,
  ],
  [
    'a runner with nearly all it can do',
    readings('runner', { loopBusyShare: 0.93, loopDelay: delay(4, 90, 900) }),
    'suspect',
    /^the runner had as much to do as it could/,
  ],
  [
    'a collector that eats the time',
    readings('runner', { gc: { count: 63, totalMs: 380, longestMs: 44 } }),
    'invalid',
    /^the runner's garbage collector took 19 % of the load in 63 pauses/,
  ],
  [
    'a collector that eats the time of a full heap, whoever else runs',
    readings('runner', { ...crowded, gc: collected, heapUsedBytes: 28 * 2 ** 20, heapLimitBytes: 40 * 2 ** 20 }),
    'invalid',
    /^the runner's garbage collector took 21 % .* with 28 of 40 MiB/,
  ],
  [
    'a collector that others hold up',
    readings('runner', { ...crowded, gc: collected }),
    'suspect',
    /^the runner's garbage collector took 21 %/,
  ],
  [
    'a mock in a long collection',
    readings('mock', { gc: { count: 1, totalMs: 1200, longestMs: 1200 } }),
    'invalid',
    /^the mock's garbage collector took 60 %.*longest of 1200 ms/,
  ],
  [
    'a heap nearly full',
    readings('runner', { heapUsedBytes: 93 * 2 ** 20, heapLimitBytes: 100 * 2 ** 20 }),
    'invalid',
    /^the runner's heap is nearly full: 93 of 100 MiB/,
  ],
  [
    'a heap that fills',
    readings('mock', { heapUsedBytes: 80 * 2 ** 20, heapLimitBytes: 100 * 2 ** 20 }),
    'suspect',
    /^the mock's heap is nearly full/,
  ],
]

describe('a thread of ours', () => {
  for (const [what, measured, state, says] of cases) {
    it(`makes timing ${state} with ${what}`, () => {
      const found = threadReasons(measured).filter(({ sentence }) => says.test(sentence))
      assert.deepEqual(
        found.map((reason) => reason.state),
        [state],
        JSON.stringify(threadReasons(measured)),
      )
    })
  }

  it('that was disturbed by nothing has no reason', () => {
    assert.deepEqual(threadReasons(readings('runner')), [])
  })
})
