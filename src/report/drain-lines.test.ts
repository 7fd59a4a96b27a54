import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mockStats } from '../../test/fixtures/runs.ts'
import type { Drain } from '../model/drain.ts'
import { drainLines } from './drain-lines.ts'

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
  it('says what came back and in how long, what did not, and that the gateway is alive', () => {
    assert.deepEqual(drainLines({ drain, records: [], mock: mockStats(1000) }), [
      '',
      '  Drain (1,234 ms of at most 10 s):',
      '    active_streams:  0 before the load, 2 after, NOT BACK',
      '    At the mock:     0 before the load, 0 after, back in 3 ms',
      '    Descriptors:     33 before the load, 1,033 after, back in 104 ms',
      '    CLOSE_WAIT:      0 before the load, 0 after, back in 3 ms',
      '    Kept to mock:    8 before the load, 1,008 after, back in 3 ms',
      '    Memory:          100.0 MiB before the load, 120.0 MiB after, back in 3 ms',
      '    Alive:           one more stream came whole',
    ])
  })

  it('says what could not be seen, and how the gateway was found dead', () => {
    const dead = { probe: { whole: false, fault: 'http_5xx\u001b' }, healthFault: 'HTTP 503' }
    const lines = drainLines({ drain: { ...drain, before: {}, after: {}, backMs: {}, ...dead }, records: [] })
    assert.equal(lines[2], '    active_streams:  not seen from here')
    assert.match(lines.at(-1) ?? '', /^ {4}Alive: +NOT: http_5xx.*; health check: HTTP 503$/)
    assert.ok(!lines.join('').includes('\u001b'))
    const unasked: Drain = { limitS: 10, tookMs: 1, before: {}, after: {}, backMs: {} }
    assert.equal(drainLines({ drain: unasked, records: [] }).at(-1), '    Alive:           not asked')
  })

  it('is not there where nobody looked', () => {
    assert.deepEqual(drainLines({ records: [] }), [])
  })
})
