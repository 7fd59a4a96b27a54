import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  abortedRecord,
  failedRecord,
  foundRecord,
  leakyDrain,
  records,
  runOf,
  unconnectedRecord,
  wholeRecord,
} from '../../test/fixtures/runs.ts'
import { titledRule } from '../grammar/rules.ts'
import type { FailureKind } from '../model/failure.ts'
import type { Run } from '../model/run.ts'
import type { RunPhase } from '../model/run-phase.ts'
import { type Judgement, judge } from './judgement.ts'

function runWithFailures(streams: number, failures: number, members: Partial<Omit<Run, 'scenario'>> = {}): Run {
  return runOf(
    records(streams, (stream) => (stream < failures ? failedRecord(stream) : wholeRecord(stream))),
    members,
  )
}

function verdictIn({ verdict, reasons, failedShare, mostlyFailed, timing }: Judgement) {
  return { verdict, reasons, ...(failedShare !== undefined && { failedShare }), mostlyFailed, timing }
}

describe('a verdict', () => {
  for (const [failures, verdict, mostlyFailed] of [
    [0, 'pass', false],
    [1, 'warn', false],
    [5, 'warn', false],
    [6, 'fail', false],
    [50, 'fail', false],
    [51, 'fail', true],
    [100, 'fail', true],
  ] as const) {
    it(`of ${failures} failed streams in 100 is ${verdict}${mostlyFailed ? ', mostly failed' : ''}`, () => {
      const reasons = failures === 0 ? [] : [`${failures}/100 streams failed (${failures}.0%)`]
      assert.deepEqual(verdictIn(judge(runWithFailures(100, failures))), {
        verdict,
        reasons,
        failedShare: failures / 100,
        mostlyFailed,
        timing: { state: 'trusted', reasons: [] },
      })
    })
  }

  it('is invalid if this machine ran out of a resource, whatever else failed', () => {
    const run = runOf([...records(98), unconnectedRecord(98, 'local_resource'), failedRecord(99)])
    const { verdict, reasons } = judge(run)
    assert.equal(verdict, 'invalid')
    assert.match(reasons[0] ?? '', /^1 of 100 streams failed on this machine: /)
    assert.equal(reasons[1], '2/100 streams failed (2.0%)')
  })

  const mockThatDied = (phase: RunPhase): Pick<Run, 'failedParts'> => ({
    failedParts: [{ part: 'mock', name: 'mock', state: 'ended', how: 'signal SIGKILL', phase, lastLines: [] }],
  })
  const sentence = (phase: RunPhase) =>
    `The mock died (signal SIGKILL) during the ${phase}. Check whether the kernel killed it because memory ran out (\`dmesg\`).`

  it('is invalid if a part of the harness failed up to the load, and says nothing else', () => {
    const died = { name: 'ccr-rust', how: 'exit status 101', lastLines: [] }
    const corrupt = foundRecord(9, 'I1')
    for (const phase of ['warm-up', 'baseline', 'load'] as const) {
      const run = runWithFailures(10, 9, { ...mockThatDied(phase), died, drain: leakyDrain })
      const { verdict, reasons, exitStatus, gatewayFindings } = judge({ ...run, records: [...run.records, corrupt] })
      assert.deepEqual([verdict, exitStatus, reasons], ['invalid', 3, [sentence(phase)]])
      assert.deepEqual(gatewayFindings, [])
    }
  })

  it('is invalid if a part failed after the load, and keeps the results of the load, but not those of the drain', () => {
    const run = runWithFailures(100, 10, { ...mockThatDied('drain'), drain: leakyDrain })
    const { verdict, reasons, exitStatus, gatewayFindings } = judge(run)
    assert.deepEqual([verdict, exitStatus], ['invalid', 3])
    assert.deepEqual(reasons, [sentence('drain'), '10/100 streams failed (10.0%)'])
    assert.deepEqual(gatewayFindings, [])
    const later = judge({ ...run, ...mockThatDied('second baseline') })
    assert.equal(later.verdict, 'invalid')
    assert.ok(later.gatewayFindings.length > 0)
  })

  it('is invalid if direct baseline streams failed', () => {
    const window = (when: 'before' | 'after', whole: number, fault?: string) =>
      ({ when, streams: 40, whole, chunks: 20, blocks: [], fault }) as const
    const withWindow = (whole: number) =>
      runWithFailures(40, 0, {
        baseline: { windows: [window('before', 40), window('after', whole, 'headers_timeout: x')], gateway: [] },
      })
    const broken = judge(withWindow(0))
    assert.deepEqual([broken.verdict, broken.exitStatus, broken.timing.state], ['invalid', 3, 'invalid'])
    assert.match(
      broken.reasons[0] ?? '',
      /^40 of 40 direct baseline streams failed after the load \(limit 5 %\); first failure: headers_timeout: x\. /,
    )
    assert.equal(judge(withWindow(37)).verdict, 'invalid')
    const slightly = judge(withWindow(39))
    assert.deepEqual([slightly.verdict, slightly.timing.state], ['pass', 'suspect'])
    assert.equal(judge(withWindow(40)).timing.state, 'trusted')
    // Wrong content stays the gateway's, as it does if times are invalid for another reason.
    const corrupt = withWindow(0)
    assert.equal(judge({ ...corrupt, records: [...corrupt.records.slice(1), foundRecord(0, 'I1')] }).verdict, 'fail')
  })

  it('of a failed warm-up is fail with status 1, and names the first failure', () => {
    const warmUp = { stopped: { phase: 'warm-up' }, gateway: { ...runOf([]).gateway, name: 'ccr-rust 1.3.0' } } as const
    const failed = runOf(
      records(8, (stream) => failedRecord(stream)),
      { ...warmUp, scenario: { streams: 100 } },
    )
    const { verdict, reasons, exitStatus } = judge(failed)
    assert.deepEqual([verdict, exitStatus], ['fail', 1])
    assert.deepEqual(reasons, [
      'ccr-rust 1.3.0 failed all 8 warm-up streams, so the load did not start: truncated_fin (phase stream): the connection was closed after event 3',
    ])
    const without = judge({ ...failed, ...mockThatDied('warm-up') })
    assert.deepEqual([without.verdict, without.exitStatus], ['invalid', 3])
    assert.deepEqual(without.reasons, [sentence('warm-up')])
    assert.match(
      judge({ ...failed, records: failed.records.slice(0, 1) }).reasons[0] ?? '',
      / failed the only warm-up stream, /,
    )
  })

  it('is fail if the gateway died, with its name, even if no stream failed', () => {
    const died = { name: 'ccr-rust', how: 'exit status 101', lastLines: [] }
    assert.deepEqual(verdictIn(judge(runWithFailures(10, 0, { died }))), {
      verdict: 'fail',
      reasons: ['The gateway died (ccr-rust, exit status 101)'],
      failedShare: 0,
      mostlyFailed: false,
      timing: { state: 'trusted', reasons: [] },
    })
    assert.deepEqual(judge(runWithFailures(10, 10, { died })).reasons, [
      '10/10 streams failed (100.0%)',
      'The gateway died (ccr-rust, exit status 101)',
    ])
  })

  it('of an interrupted run covers only the streams that ended, and says so', () => {
    const streams = [...records(8), failedRecord(8), abortedRecord(9)]
    const run = runOf(streams, { scenario: { streams: 30 }, notStarted: 20, interruptedBy: 'SIGINT' })
    const { verdict, reasons, failedShare } = judge(run)
    assert.equal(verdict, 'fail')
    assert.equal(failedShare, 1 / 9)
    assert.deepEqual(reasons, [
      '1/9 streams failed (11.1%)',
      'Interrupted by SIGINT: only the 9 of 30 streams that ended are judged',
    ])
    const whole = judge({ ...run, records: streams.filter(({ outcome }) => outcome.state !== 'failed') })
    assert.equal(whole.verdict, 'pass')
    assert.match(whole.reasons[0] ?? '', /Interrupted by SIGINT: only the 8 of 30/)
  })

  it('of a run that was interrupted before a stream ended is invalid and has no share of failures', () => {
    for (const streams of [records(5, abortedRecord), []]) {
      const run = runOf(streams, { scenario: { streams: 5 }, notStarted: 5 - streams.length, interruptedBy: 'SIGTERM' })
      assert.deepEqual(verdictIn(judge(run)), {
        verdict: 'invalid',
        reasons: ['Interrupted by SIGTERM before any stream ended'],
        mostlyFailed: false,
        timing: { state: 'invalid', reasons: ['Interrupted by SIGTERM before any stream ended'] },
      })
    }
  })

  it('is invalid if streams were never started without an interrupt', () => {
    const none = judge(runOf([], { scenario: { streams: 10 }, notStarted: 10 }))
    assert.equal(none.verdict, 'invalid')
    assert.match(none.reasons[0] ?? '', /10 of 10 streams were never started/)
    assert.equal(judge(runOf(records(9), { scenario: { streams: 10 }, notStarted: 1 })).verdict, 'invalid')
    assert.equal(judge(runOf(records(3, abortedRecord))).verdict, 'invalid')
  })

  it('is fail, not invalid, if every stream failed at the gateway', () => {
    assert.equal(judge(runOf(records(10, (stream) => unconnectedRecord(stream)))).verdict, 'fail')
  })

  it('is fail with the cause if the kernel killed the gateway for memory', () => {
    const container = { oomKills: 1, memoryLimitBytes: 64 * 2 ** 20 }
    const died = { name: 'ccr-rust 1.3.0', how: 'signal KILL', lastLines: [] }
    const { verdict, reasons } = judge(runWithFailures(100, 3, { cost: { container }, died }))
    assert.equal(verdict, 'fail')
    assert.deepEqual(reasons.slice(1), [
      'The kernel killed 1 gateway process: out of memory (limit 64 MiB)',
      'The gateway died (ccr-rust 1.3.0, signal KILL)',
    ])
    const alive = judge(runWithFailures(100, 0, { cost: { container: { oomKills: 0 } } }))
    assert.equal(alive.verdict, 'pass')
  })
})

describe('the verdict of a run with faults', () => {
  const faulted = (kind: FailureKind) => ({ ...failedRecord(0, kind), fault: 'reset@50%' })

  it('is pass if the gateway reported each of them', () => {
    assert.equal(judge(runOf([faulted('inband_error'), ...records(9)])).verdict, 'pass')
  })

  it('is fail if one was hidden', () => {
    assert.equal(judge(runOf([faulted('masked_truncation'), ...records(99)])).verdict, 'fail')
  })

  it('counts a stream whose request was never sent like any other failure', () => {
    const { verdict, mostlyFailed } = judge(runOf([{ ...unconnectedRecord(0), fault: 'reset@50%' }]))
    assert.deepEqual([verdict, mostlyFailed], ['fail', true])
  })
})

describe('the verdict of a run with findings', () => {
  const withRule = (rule: string) => runOf([...records(99), foundRecord(99, rule)])

  for (const rule of ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I9', 'A12']) {
    it(`is fail for one stream in a hundred that breaks ${rule}, as its client got what the mock did not send`, () => {
      const { verdict, reasons } = judge(withRule(rule))
      assert.equal(verdict, 'fail')
      assert.deepEqual(reasons, [`Content differs from what the mock sent: ${titledRule(rule)}: 1 stream`])
    })
  }

  for (const rule of ['A3', 'C1', 'R4', 'I8', 'A13', 'I10']) {
    it(`is warn for ${rule}, which only concerns the form`, () => {
      const { verdict, reasons } = judge(withRule(rule))
      assert.equal(verdict, 'warn')
      assert.deepEqual(reasons, [`Malformed streams: ${titledRule(rule)}: 1 stream`])
    })
  }

  it('is pass for a warning', () => {
    const warned = foundRecord(0, 'A9')
    const findings = warned.findings?.map((finding) => ({ ...finding, severity: 'warning' as const })) ?? []
    assert.equal(judge(runOf([{ ...warned, findings }])).verdict, 'pass')
  })
})
