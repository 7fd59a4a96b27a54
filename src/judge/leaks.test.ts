import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mockStats, records, runOf } from '../../test/fixtures/runs.ts'
import type { Drain, Remains } from '../model/drain.ts'
import type { Run } from '../model/run.ts'
import { judge } from './judgement.ts'
import { leaksOf } from './leaks.ts'

const mib = 2 ** 20
const before: Remains = {
  activeStreams: 0,
  mockStreams: 0,
  descriptors: 30,
  upstreamSockets: 5,
  closeWaitSockets: 0,
  memoryBytes: 100 * mib,
}

function runAfter(after: Remains, members: Partial<Drain> = {}, more: Partial<Omit<Run, 'scenario'>> = {}): Run {
  const drain = { limitS: 10, tookMs: 10_050, before, after: { ...before, ...after }, backMs: {}, ...members }
  return runOf(records(100), { mock: mockStats(100), drain, ...more })
}
const classes = (run: Run) => leaksOf(run).map((leak) => leak.class)

describe('what a load left behind', () => {
  it('is empty if everything is back to its state before, or nothing was measured', () => {
    assert.deepEqual(leaksOf(runAfter({})), [])
    assert.deepEqual(leaksOf(runOf(records(3))), [])
    const drain = {
      limitS: 10,
      tookMs: 1,
      before: {},
      after: { descriptors: 5000 },
      backMs: {},
      probe: { whole: true },
    }
    assert.deepEqual(leaksOf(runOf(records(3), { drain })), [])
  })

  for (const [what, allowed, leaking, kind, verdict] of [
    ['a gauge', { activeStreams: 0 }, { activeStreams: 1 }, 'gauge_leak', 'fail'],
    ['streams at the mock', { mockStreams: 0 }, { mockStreams: 1 }, 'upstream_not_cancelled', 'fail'],
    ['sockets in CLOSE_WAIT', { closeWaitSockets: 0 }, { closeWaitSockets: 1 }, 'fd_leak', 'fail'],
    ['descriptors', { descriptors: 38 }, { descriptors: 39 }, 'fd_leak', 'fail'],
    [
      'connections of a pool',
      { descriptors: 230, upstreamSockets: 205 },
      { descriptors: 240, upstreamSockets: 209 },
      'fd_leak',
      'fail',
    ],
    ['memory', { memoryBytes: 189 * mib }, { memoryBytes: 190 * mib }, 'memory_growth', 'warn'],
  ] as const) {
    it(`is reported as ${kind}: ${what} above the limit`, () => {
      assert.deepEqual(leaksOf(runAfter(allowed)), [])
      const run = runAfter(leaking)
      assert.deepEqual(classes(run), [kind])
      assert.equal(judge(run).verdict, verdict)
      assert.match(judge(run).reasons[0] ?? '', new RegExp(`^${kind}: .*expected .* within 10 s, got \\d`))
    })
  }

  it('is judged by the peak at the clients if the peak at the mock was lower', () => {
    const kept = { descriptors: 230, upstreamSockets: 205 }
    assert.deepEqual(classes(runAfter(kept, {}, { mock: mockStats(10) })), [])
    assert.deepEqual(classes({ ...runAfter(kept, {}, { mock: mockStats(10) }), records: records(10) }), ['fd_leak'])
  })

  it('is dead_after if the gateway fails the health check, or the probe without a toxic, and did not die', () => {
    const failedProbe = { probe: { whole: false, fault: 'headers_timeout (phase headers): none' } }
    assert.deepEqual(classes(runAfter({}, failedProbe)), ['dead_after'])
    assert.equal(judge(runAfter({}, failedProbe)).verdict, 'fail')
    assert.deepEqual(classes(runAfter({}, failedProbe, { toxics: ['gateway-mock:timeout=1ms'] })), [])
    assert.deepEqual(classes(runAfter({}, { healthFault: 'HTTP 503' }, { toxics: ['x'] })), ['dead_after'])
    const died = { name: 'ccr-rust', how: 'exit status 1', lastLines: [] }
    assert.deepEqual(classes(runAfter({}, { ...failedProbe, healthFault: 'ECONNREFUSED' }, { died })), [])
  })
})
