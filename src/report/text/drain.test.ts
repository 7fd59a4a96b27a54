import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mockStats } from '../../../test/fixtures/runs.ts'
import { judgeRemains } from '../../judge/leaks.ts'
import type { Drain } from '../../model/drain.ts'
import { drainLine, drainLines } from './drain.ts'

const mib = 2 ** 20
const drain: Drain = {
  limitS: 10,
  tookMs: 1234,
  before: {
    activeStreams: 0,
    mockStreams: 0,
    descriptors: 33,
    upstreamSockets: 8,
    closeWaitSockets: 0,
    memoryBytes: 100 * mib,
  },
  after: {
    activeStreams: 2,
    mockStreams: 0,
    descriptors: 1033,
    upstreamSockets: 1008,
    closeWaitSockets: 0,
    memoryBytes: 120 * mib,
  },
  backMs: { mockStreams: 3, descriptors: 104, upstreamSockets: 3, closeWaitSockets: 3, memoryBytes: 3 },
  probe: { whole: true },
}

describe('the drain in the report', () => {
  const remainsOf = (drain: Drain) => judgeRemains({ drain, records: [], mock: mockStats(1000) })

  it('shows what recovered and in how long, what did not, and the probe stream', () => {
    assert.deepEqual(drainLines(drain, remainsOf(drain)), [
      '',
      '  Drain (1,234 ms, limit 10 s):',
      '    active_streams:       0 before, 2 after, NOT RECOVERED',
      '    Streams at the mock:  0 before, 0 after, recovered in 3 ms',
      '    Descriptors:          33 before, 1,033 after, recovered in 104 ms',
      '    CLOSE_WAIT sockets:   0 before, 0 after, recovered in 3 ms',
      '    Upstream pool:        8 before, 1,008 after, recovered in 3 ms',
      '    Memory:               100.0 MiB before, 120.0 MiB after, recovered in 3 ms',
      '    Probe stream:         complete',
    ])
  })

  it('is one line in the short report: how long it took, or what did not recover', () => {
    assert.equal(
      drainLine(drain, remainsOf(drain)),
      'NOT RECOVERED: active_streams 0 before, 2 after (limit 10 s), probe stream complete',
    )
    const drained = { ...drain, after: { ...drain.after, activeStreams: 0 } }
    assert.equal(drainLine(drained, remainsOf(drained)), 'recovered in 1,234 ms (limit 10 s), probe stream complete')
  })

  it('shows what could not be measured, and how the gateway failed afterwards', () => {
    const dead = { probe: { whole: false, fault: 'http_5xx\u001b' }, healthFault: 'HTTP 503' }
    const unmeasured: Drain = { ...drain, before: {}, after: {}, backMs: {}, ...dead }
    const lines = drainLines(unmeasured, remainsOf(unmeasured))
    assert.equal(lines[2], '    active_streams:       not measured')
    assert.match(lines.at(-1) ?? '', /^ {4}Probe stream: +FAILED \(http_5xx\), health check FAILED \(HTTP 503\)$/)
    assert.ok(!lines.join('').includes('\u001b'))
    const unprobed: Drain = { limitS: 10, tookMs: 1, before: {}, after: {}, backMs: {} }
    assert.equal(drainLines(unprobed, []).at(-1), '    Probe stream:  not sent')
  })
})
