import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instrument, readings } from '../../test/fixtures/runs.ts'
import { busyReasons, type CaseSurroundings, type TimedFailure } from './busy.ts'

const free: CaseSurroundings = { ...instrument(), mock: [readings('mock')], cpuBusyShare: 0.6 }
const delayed = (maxMs: number) => ({ loopDelay: { p50Ms: 0.3, p99Ms: 18.5, maxMs, totalMs: maxMs + 100 } })

/** The measurements, and the failures that they excuse with the reason. */
const measurements: readonly (readonly [
  what: string,
  members: Partial<CaseSurroundings>,
  excused: readonly TimedFailure[],
  reason: RegExp,
])[] = [
  ['a free machine', {}, [], /^$/],
  ['nothing', { runner: [], mock: [], machine: {}, cpuBusyShare: undefined }, [], /^$/],
  ['a runner 76 ms late', { runner: [readings('runner', delayed(76))] }, ['burst'], /^The runner's event loop was up/],
  [
    'a mock 600 ms late',
    { mock: [readings('mock', delayed(600))] },
    ['burst', 'cancellation'],
    /^The mock's event loop/,
  ],
  [
    'a runner that was paused for 3 s',
    { runner: [readings('runner', { pauses: [{ fromNs: 0, toNs: 3e9 }] })] },
    ['burst', 'cancellation', 'deadline'],
    /up to 3000 ms late \(limit \d+ ms\)/,
  ],
  ['full CPUs', { cpuBusyShare: 0.97 }, ['burst', 'cancellation'], /^The CPUs of this machine were 97 % busy/],
  ['steal', { machine: { stealShare: 0.3 } }, ['burst', 'cancellation'], /hypervisor/],
  ['a suspended machine', { machine: { suspendedMs: 4000 } }, ['burst', 'cancellation', 'deadline'], /suspended/],
  // Connections of any process on this machine, and limits with failures of their own.
  ['a full accept queue', { machine: { listenOverflows: 7, ports: { left: 1, limit: 1000 } } }, [], /^$/],
]

describe('what excuses a failure by time', () => {
  for (const [what, members, excused, reason] of measurements)
    it(`${what}: ${excused.join(', ') || 'nothing'}`, () => {
      const failures = ['burst', 'cancellation', 'deadline'] as const
      const reasons = failures.map((failure) => busyReasons({ ...free, ...members }, failure))
      assert.deepEqual(
        failures.filter((_, index) => reasons[index]?.length),
        excused,
      )
      assert.match(reasons.flat()[0] ?? '', reason)
    })
})
