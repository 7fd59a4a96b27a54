import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foundRecord, runOf, wholeRecord } from '../../test/fixtures/runs.ts'
import type { LoadPhase } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { judge } from './judgement.ts'

const phases: readonly LoadPhase[] = [
  { name: 'warm-up', shape: 'burst', streams: 5, excluded: true },
  { name: 'load', shape: 'constant-arrival-rate', rate: 10, durationS: 4, maxStreams: 20 },
]

/** A stream of the open loop, due every 100 ms, that started late. */
const paced = (stream: number, lateMs: number): StreamRecord => {
  const record = wholeRecord(stream)
  const intendedNs = record.startedNs - lateMs * 1e6
  return { ...record, phase: 1, openLoop: true, intendedNs }
}

const warmUp = Array.from({ length: 5 }, (_, stream) => ({
  ...wholeRecord(stream),
  outcome: { state: 'failed', phase: 'stream', kind: 'reset_midstream', detail: 'reset' } as const,
}))
const loaded = Array.from({ length: 38 }, (_, index) => paced(5 + index, 0.5))

function phasedRun(members: Partial<Run> = {}): Run {
  const run = runOf([...warmUp, ...loaded])
  return {
    ...run,
    scenario: { ...run.scenario, streams: 25, phases },
    dropped: [0, 2],
    notStarted: 0,
    ...members,
  }
}

describe('a run with phases', () => {
  it('has the counts and rates of each phase', () => {
    const [first, second] = judge(phasedRun()).summary.phases ?? []
    assert.deepEqual([first?.name, first?.excluded, first?.started, first?.failed], ['warm-up', true, 5, 5])
    const { started, whole, dropped, startsPerS, offeredPerS, durationS } = second ?? {}
    assert.deepEqual([started, whole, dropped, startsPerS, offeredPerS, durationS], [38, 38, 2, 9.5, 10, 4])
    assert.equal(second?.ttft?.n, 38)
    assert.equal(first?.offeredPerS, undefined)
  })

  it('has excluded phases in no figure of the whole run, and not in its verdict', () => {
    const { summary, reasons, verdict } = judge(phasedRun({ dropped: undefined }))
    assert.deepEqual([summary.requested, summary.whole, summary.failed, summary.dropped], [38, 38, 0, 0])
    assert.equal(summary.ttft?.n, 38)
    assert.deepEqual([verdict, reasons], ['pass', []])
    const counted = phases.map(({ excluded: _, ...phase }) => phase)
    const all = judge(phasedRun({ scenario: { ...phasedRun().scenario, phases: counted } }))
    assert.equal(all.summary.failed, 5)
    assert.equal(all.verdict, 'fail')
  })

  it('is invalid if an interrupt ends it while only streams of an excluded phase have ended', () => {
    const early: Partial<Run> = { notStarted: 40, dropped: undefined, interruptedBy: 'SIGINT' }
    const ended = warmUp.map((record) => ({ ...record, outcome: wholeRecord(0).outcome }))
    const run = phasedRun({ ...early, records: ended })
    const { verdict, reasons, exitStatus } = judge(run)
    const sentence = 'Interrupted by SIGINT before any stream ended in a phase that is not excluded'
    assert.deepEqual([verdict, reasons, exitStatus], ['invalid', [sentence], 130])
    const corrupt = { ...foundRecord(99, 'I1'), phase: 0 }
    const wrong = judge({ ...run, records: [...ended, corrupt] })
    assert.equal(wrong.verdict, 'fail')
    assert.ok(wrong.reasons.includes(sentence))
  })

  it('fails if content is wrong in an excluded phase', () => {
    const corrupt = foundRecord(99, 'I1')
    assert.equal(judge(phasedRun({ dropped: undefined, records: [corrupt, ...loaded] })).verdict, 'fail')
  })

  it('warns of dropped starts, because the rate was not applied', () => {
    const { verdict, reasons, summary } = judge(phasedRun())
    assert.equal(verdict, 'warn')
    assert.deepEqual(reasons, ['2 of 40 starts were dropped: as many streams as --max-streams allows were open'])
    assert.equal(summary.requested, 40)
  })

  it('is invalid if planned starts are missing without an interrupt', () => {
    const { verdict, reasons } = judge(phasedRun({ notStarted: 3 }))
    assert.equal(verdict, 'invalid')
    assert.match(reasons[0] ?? '', /^3 of 43 streams were never started/)
    const interrupted = judge(phasedRun({ notStarted: 3, dropped: undefined, interruptedBy: 'SIGINT' }))
    assert.deepEqual(interrupted.reasons, ['Interrupted by SIGINT: only the 38 of 41 streams that ended are judged'])
  })

  it('counts the times of an open loop from the intended start', () => {
    const late = judge(phasedRun({ records: [...warmUp, ...loaded.map(({ stream }) => paced(stream, 300))] }))
    const onTime = judge(phasedRun())
    for (const name of ['ttft', 'ttfb', 'duration'] as const) {
      const [lateMs = 0, onTimeMs = 0] = [late, onTime].map(({ summary }) => summary[name]?.p50Ms)
      assert.ok(Math.abs(lateMs - onTimeMs - 299.5) < 0.001, `${name}: ${lateMs} ms`)
    }
    // The harness did not keep to its schedule, so these times are not the gateway's.
    assert.equal(late.timing.state, 'invalid')
    assert.match(late.timing.reasons[0] ?? '', /^The runner started its streams late: p50 300 ms/)
    assert.equal(onTime.timing.state, 'trusted')
  })

  it('finds two modes of TTFT within a phase, but not in two phases or in a ramp', () => {
    const times = (phaseOf: (index: number) => number) =>
      Array.from({ length: 200 }, (_, index): StreamRecord => {
        const record = wholeRecord(index)
        const phase = phaseOf(index)
        const firstDeltaNs = (record.requestSentNs ?? 0) + (index % 2 === 0 ? 5e6 : 205e6)
        return { ...record, phase: phase > 0 ? phase : undefined, firstDeltaNs, lastDeltaNs: firstDeltaNs + 1e6 }
      })
    const two: readonly LoadPhase[] = [
      { name: 'low', shape: 'burst', streams: 100 },
      { name: 'high', shape: 'burst', streams: 100 },
    ]
    const ramp: readonly LoadPhase[] = [
      { name: 'ramp', shape: 'ramping-streams', stages: [{ durationS: 9, target: 9 }] },
    ]
    const isBimodal = (records: readonly StreamRecord[], list: readonly LoadPhase[]) => {
      const run = phasedRun({ records, dropped: undefined })
      const { gatewayFindings } = judge({ ...run, scenario: { ...run.scenario, phases: list } })
      return gatewayFindings.some((finding) => finding.class === 'bimodal')
    }
    const [inOne, inBoth] = [times(() => 0), times((index) => index % 2)]
    assert.ok(isBimodal(inOne, two))
    assert.ok(!isBimodal(inBoth, two))
    assert.ok(!isBimodal(inOne, ramp))
  })
})
