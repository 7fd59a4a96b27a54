import assert from 'node:assert/strict'
import { platform } from 'node:os'
import { describe, it } from 'node:test'
import { judge } from '../../src/judge/judgement.ts'
import type { Run } from '../../src/model/run.ts'
import { reportText } from '../../src/report/text/report-text.ts'
import { runThrough } from '../fixtures/leaky-gateway.ts'

const skip = platform() !== 'linux' && 'needs /proc (Linux)'
const findingsOf = (run: Run) => judge(run).gatewayFindings.map((finding) => `${finding.class} ${finding.metric}`)
/** The timeout is much shorter than the streams, so that every client disconnects in the middle. */
const clientsLeave = { chunks: 10_000, delayMs: 10, timeoutS: 0.3 } as const

describe('the drain audit', { timeout: 60_000 }, () => {
  it('finds nothing in a gateway that cleans up, and does not wait for the limit', { skip }, async (t) => {
    const run = await runThrough(t, 'none', { drainLimitS: 30, streams: 150 })
    assert.deepEqual(judge(run).gatewayFindings, [])
    assert.equal(judge(run).verdict, 'pass')
    const { drain } = run
    assert.ok(drain && drain.tookMs < 30_000, JSON.stringify(drain))
    assert.deepEqual(Object.keys(drain.backMs).sort(), Object.keys(drain.before).sort())
    assert.equal(Object.keys(drain.before).length, 6)
    assert.deepEqual(drain.probe, { whole: true })
    // The probe stream is not counted.
    assert.equal(run.mock?.requests, 150)
    assert.equal(drain.usage?.total_requests, 8 + 150)
    assert.match(reportText(run, judge(run)), /Drain: +recovered in [\d,]+ ms \(limit 30 s\), probe stream complete\n/)
  })

  it('does not report pooled connections as a leak', { skip }, async (t) => {
    const { drain, ...run } = await runThrough(t, 'none', { streams: 60, chunks: 20, delayMs: 50 })
    assert.ok((drain?.after.upstreamSockets ?? 0) > (drain?.before.upstreamSockets ?? 0) + 8, JSON.stringify(drain))
    assert.deepEqual(judge({ drain, ...run } as Run).gatewayFindings, [])
  })

  for (const [flaw, expected, line] of [
    ['gauge', 'gauge_leak active_streams after the load', /NOT RECOVERED: .*active_streams/],
    ['sockets', 'fd_leak sockets in CLOSE_WAIT after the load', /NOT RECOVERED: .*CLOSE_WAIT sockets/],
    ['descriptors', 'fd_leak descriptors after the load', /NOT RECOVERED: .*Descriptors/],
    ['deaf:28', 'dead_after one stream after the load', /probe stream FAILED \(http_5xx/],
  ] as const) {
    it(`fails a gateway that leaks: ${flaw}`, { skip }, async (t) => {
      const run = await runThrough(t, flaw)
      assert.ok(run.records.every(({ outcome }) => outcome.state === 'whole'))
      assert.ok(findingsOf(run).includes(expected), findingsOf(run).join('; '))
      const verdict = judge(run)
      assert.equal(verdict.verdict, 'fail')
      assert.match(verdict.reasons[0] ?? '', new RegExp(`^${expected.split(' ')[0]}: `))
      assert.match(reportText(run, verdict), line)
    })
  }

  it('warns about a gateway that keeps 1 MiB per stream', { skip }, async (t) => {
    const run = await runThrough(t, 'memory', { streams: 150 })
    assert.deepEqual(findingsOf(run), ['memory_growth memory after the load'])
    assert.equal(judge(run).verdict, 'warn')
  })

  it('finds a gateway that keeps upstream streams open after its clients disconnect', async (t) => {
    const run = await runThrough(t, 'upstream', clientsLeave)
    assert.ok(run.records.every(({ outcome }) => outcome.state === 'failed'))
    assert.ok(
      findingsOf(run).some((finding) => finding.startsWith('upstream_not_cancelled')),
      findingsOf(run).join('; '),
    )
    assert.equal(run.drain?.after.mockStreams, 20)
  })

  it('finds nothing if the gateway cancels upstream streams after its clients disconnect', async (t) => {
    const run = await runThrough(t, 'none', { ...clientsLeave, drainLimitS: 30 })
    assert.deepEqual(findingsOf(run), [])
    assert.equal(run.drain?.after.mockStreams, 0)
  })

  it('reports what it cannot observe', async (t) => {
    const run = await runThrough(t, 'descriptors', { seen: false })
    assert.deepEqual(findingsOf(run), [])
    assert.deepEqual(Object.keys(run.drain?.before ?? {}).sort(), ['activeStreams', 'mockStreams'])
    assert.match(reportText(run, judge(run), 'full'), /Descriptors: +not measured/)
  })

  it('does not blame the gateway for a failed probe if a toxic is active', async (t) => {
    const run = await runThrough(t, 'deaf:28', { toxics: ['gateway-mock:latency=1ms'] })
    assert.equal(run.drain?.probe?.whole, false)
    assert.deepEqual(findingsOf(run), [])
  })

  it('returns no result if it is aborted', async (t) => {
    const stop = new AbortController()
    const onProgress = (text: string) => {
      if (text.startsWith('waiting for the gateway to drain')) stop.abort()
    }
    const run = await runThrough(t, 'gauge', { drainLimitS: 3600, signal: stop.signal, onProgress })
    assert.deepEqual([run.interruptedBy, run.drain], ['SIGINT', undefined])
    assert.equal(run.records.length, 20)
  })

  it('is skipped if the limit is 0', async (t) => {
    const run = await runThrough(t, 'gauge', { drainLimitS: 0 })
    assert.equal(run.drain, undefined)
    assert.deepEqual(findingsOf(run), [])
    assert.doesNotMatch(reportText(run, judge(run)), /Drain/)
  })
})

describe("a gateway's own telemetry", { timeout: 60_000 }, () => {
  for (const [flaw, metrics] of [
    ['requests', ['total_requests']],
    ['failures', ['total_failures']],
    ['tokens', ['total_output_tokens']],
    ['gauge', ['active_streams after the load']],
  ] as const) {
    it(`is reported as wrong in ${flaw}, which alone is not a failure`, async (t) => {
      const run = await runThrough(t, flaw)
      const untrue = judge(run).gatewayFindings.filter((finding) => finding.class === 'telemetry_untrue')
      assert.deepEqual(
        untrue.map(({ metric }) => metric),
        metrics,
      )
      if (flaw !== 'gauge') assert.equal(judge(run).verdict, 'warn')
    })
  }

  it('is reported as wrong if each stream is counted twice, as ccr-rust does', async (t) => {
    const run = await runThrough(t, 'doubled', { chunks: 40, delayMs: 10 })
    assert.deepEqual(findingsOf(run), [
      'telemetry_untrue active_streams, highest sample',
      'telemetry_untrue ccr_peak_active_streams',
    ])
  })

  it('shows a gateway that sends two upstream requests per stream', async (t) => {
    const run = await runThrough(t, 'again')
    const [finding] = judge(run).gatewayFindings
    assert.equal(finding?.class, 'retry_amplification')
    assert.equal(finding.got, '2.00 (40 for 20 streams)')
    assert.equal(judge(run).verdict, 'warn')
    const withToxic = { ...run, toxics: ['gateway-mock:latency=1ms'] }
    assert.deepEqual(findingsOf(withToxic), [])
  })
})
