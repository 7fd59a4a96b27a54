import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  beginNs,
  failedRecord,
  mockStats,
  ms,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import type { GatewayUsage } from '../model/gateway.ts'
import type { Run } from '../model/run.ts'
import { judge } from './judgement.ts'
import { amplificationOf, untruthsOf } from './telemetry-truth.ts'

const before: GatewayUsage = { total_requests: 8, total_failures: 1, total_output_tokens: 32, active_streams: 0 }
const after: GatewayUsage = { total_requests: 18, total_failures: 1, total_output_tokens: 82, active_streams: 0 }

/** A run of ten concurrent streams, with 5 deltas each, after which the gateway reports `usageAfter`. */
function runReporting(
  usageAfter: GatewayUsage,
  members: Partial<Omit<Run, 'scenario'>> = {},
  streams = records(10),
): Run {
  const telemetry = { usageBefore: before, usageAfter, samples: 3, sampledPeak: 9, highWaterMark: 10 }
  return runOf(streams, { mock: mockStats(10), telemetry, ...members })
}
const metrics = (run: Run) => untruthsOf(run).map(({ metric }) => metric)

describe("a gateway's telemetry", () => {
  it('is accepted if it matches the load, or reports nothing', () => {
    assert.deepEqual(untruthsOf(runReporting(after)), [])
    assert.deepEqual(untruthsOf(runReporting({})), [])
    assert.deepEqual(untruthsOf(runOf(records(10), { mock: mockStats(10) })), [])
  })

  for (const [metric, untrue] of [
    ['total_requests', { total_requests: 17 }],
    ['total_requests', { total_requests: 28 }],
    ['total_failures', { total_failures: 2 }],
    ['total_output_tokens', { total_output_tokens: 81 }],
    ['total_output_tokens', { total_output_tokens: 32 }],
  ] as const) {
    it(`causes a warning with the expected value if it reports the impossible ${JSON.stringify(untrue)}`, () => {
      const run = runReporting({ ...after, ...untrue })
      assert.deepEqual(metrics(run), [metric])
      const { verdict, reasons } = judge(run)
      assert.equal(verdict, 'warn')
      assert.match(reasons[0] ?? '', new RegExp(`^telemetry_untrue: ${metric}: expected \\d+ \\([a-z ]+\\), got \\d+$`))
    })
  }

  it('causes a warning if a gauge or its high-water mark is above the number of open streams', () => {
    const doubled = { samples: 3, sampledPeak: 20, highWaterMark: 20 }
    assert.deepEqual(metrics(runReporting(after, { telemetry: doubled })), [
      'active_streams, highest sample',
      'ccr_peak_active_streams',
    ])
    // The gauge may also count streams that leaked before the load.
    const leaked = { ...doubled, usageBefore: { active_streams: 10 } }
    assert.deepEqual(metrics(runReporting(after, { telemetry: leaked })), [])
  })

  it('may count a stream for a moment after its end, and for longer if its client left', () => {
    const telemetry = { samples: 3, sampledPeak: 10, highWaterMark: 10 }
    const inTurn = (lasting: number) =>
      records(10, (stream) => wholeRecord(stream, { startedNs: beginNs + stream * lasting * ms }))
    assert.deepEqual(metrics(runReporting(after, { telemetry }, inTurn(10))), [])
    assert.equal(metrics(runReporting(after, { telemetry }, inTurn(1000))).length, 2)
    const left = records(10, (stream) =>
      failedRecord(stream, 'stream_timeout', { startedNs: beginNs + stream * 1000 * ms }),
    )
    assert.deepEqual(metrics(runReporting(after, { telemetry }, left)), [])
  })

  it('must count failures that the gateway reported or saw, and may count others', () => {
    const reported = [...records(8), failedRecord(8, 'http_5xx', { status: 503 }), failedRecord(9, 'reset_midstream')]
    assert.deepEqual(metrics(runReporting(after, {}, reported)), ['total_failures'])
    assert.deepEqual(metrics(runReporting({ ...after, total_failures: 3 }, {}, reported)), [])
    const unknown = [...records(8), unconnectedRecord(8), failedRecord(9, 'stream_timeout')]
    const counting = (total_failures: number) =>
      metrics(
        runReporting({}, { telemetry: { usageBefore: before, usageAfter: { total_failures }, samples: 0 } }, unknown),
      )
    for (const failures of [1, 2, 3]) assert.deepEqual(counting(failures), [])
    assert.deepEqual(counting(4), ['total_failures'])
  })

  it('is not compared with failures that a toxic in front of the gateway caused', () => {
    const cut = [...records(9), failedRecord(9, 'reset_midstream')]
    const toxics = ['runner-gateway:limit_data=100']
    assert.deepEqual(metrics(runReporting(after, { toxics }, cut)), [])
    assert.deepEqual(metrics(runReporting(after, { toxics: ['gateway-mock:limit_data=100'] }, cut)), ['total_failures'])
  })

  it('is not judged by its counters if the run was interrupted', () => {
    assert.deepEqual(metrics(runReporting({ ...after, total_requests: 11 }, { interruptedBy: 'SIGINT' })), [])
  })

  it('is taken from the last sample of the drain, when nothing is in transit', () => {
    const drain = {
      limitS: 10,
      tookMs: 5,
      before: { activeStreams: 0 },
      after: { activeStreams: 0, mockStreams: 0 },
      backMs: {},
    }
    assert.deepEqual(metrics(runReporting({ ...after, total_requests: 16 }, { drain: { ...drain, usage: after } })), [])
    const stuck = { ...drain, after: { activeStreams: 3, mockStreams: 0 } }
    assert.deepEqual(metrics(runReporting(after, { drain: stuck })), ['active_streams after the load'])
    // The gauge is correct if it counts streams that are still open.
    const real = { ...drain, after: { activeStreams: 3, mockStreams: 3 } }
    assert.deepEqual(metrics(runReporting(after, { drain: real })), [])
  })
})

describe('retries', () => {
  it('are reported if the mock got more requests than there were streams, without a toxic', () => {
    const mock = { ...mockStats(10), requests: 11 }
    const [finding] = amplificationOf(runReporting(after, { mock }))
    assert.equal(finding?.got, '1.10 (11 for 10 streams)')
    assert.deepEqual(amplificationOf(runReporting(after)), [])
    assert.deepEqual(amplificationOf(runReporting(after, { mock, toxics: ['gateway-mock:latency=1ms'] })), [])
    assert.match(judge(runReporting(after, { mock })).reasons.join(), /retry_amplification: .*1\.10/)
  })
})
