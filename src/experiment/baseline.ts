import { nowNs } from '../base/clock.ts'
import { watchPauses } from '../host/pauses.ts'
import { blocksOf } from '../judge/blocks.ts'
import { noProgress } from '../load/generator.ts'
import type { DirectWindow } from '../model/baseline.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'
import type { Pause, PausedPart } from '../model/instrument.ts'
import type { MockClock } from '../model/mock-stats.ts'
import { durationOf, expectedStreams, type LoadPhase } from '../model/phase.ts'
import { describeFailure, type StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'
import { connectNs, headersNs, ttftFromStartNs } from '../model/times.ts'
import { blankedHeaders } from '../options/request-headers.ts'
import { hasClientFaults, paceOf, typicalOf } from '../plan/mix.ts'
import type { RunContext } from './context.ts'
import { readMockStats } from './telemetry.ts'

/** Maximum planned duration of a stream of the baseline, in ms. */
const longestStreamMs = 3000

/** Maximum planned duration of all phases of the baseline, in s: enough starts for percentiles at common rates. */
const longestPhasesS = 6

/** Maximum number of starts per open stream, in a closed loop of the baseline that has no duration. */
const startsPerStream = 3

/** Maximum number of streams that warm up mock and runner before the first baseline. */
const burstStreams = 200

/**
 * Applies the same load direct to the mock, before and after the load through the gateway, so that a machine that changes
 * its speed does so for both. Undefined if there is no gateway, if the user skips the baseline, if there are faults (times
 * mean nothing then), or after an interrupt.
 */
export async function measureBaseline(
  when: DirectWindow['when'],
  run: RunContext,
  clock: MockClock | undefined,
): Promise<DirectWindow | undefined> {
  const { topology, signal, onProgress } = run
  const { scenario, baseline = true } = run.experiment
  if (!baseline || topology.gateway.kind === 'none' || scenario.faults !== undefined || hasClientFaults(scenario))
    return undefined
  const { longestMs } = paceOf(scenario)
  if (longestMs === undefined || signal.aborted) return undefined
  onProgress(`measuring the direct baseline (${when})`)
  if (when === 'before') await loadMock(run, shortBurst(scenario))
  const window = await measureWindow(when, run, shortened(shortPhases(scenario), longestMs), clock)
  // A window that an interrupt or a failed part of the harness ended is incomplete.
  return signal.aborted ? undefined : window
}

/** The same phases, each in proportion shorter, so that all together take at most `longestPhasesS`. Excluded phases are skipped. */
export function shortPhases(scenario: Scenario): Scenario {
  const counted = scenario.phases?.filter(({ excluded }) => !excluded)
  if (!counted) return scenario
  const plannedS = counted.reduce((sum, phase) => sum + (durationOf(phase) ?? 0), 0)
  const factor = Math.min(1, longestPhasesS / plannedS)
  const phases = counted.map((phase): LoadPhase => {
    const { durationS, stages, total, streams = total } = phase
    return {
      ...phase,
      durationS: durationS && durationS * factor,
      stages: stages?.map((stage) => ({ ...stage, durationS: stage.durationS * factor })),
      total: total && Math.min(total, startsPerStream * (streams ?? total)),
    }
  })
  return { ...scenario, phases }
}

/** Warms up mock and runner for the number of concurrent streams, so that the first window does not pay for it. */
function shortBurst(scenario: Scenario): Scenario {
  const streams = Math.min(expectedStreams(typicalOf(scenario)), burstStreams)
  return { ...scenario, mix: undefined, phases: undefined, streams, chunks: 2, rampMs: 0 }
}

/** Shortens the ramp of a load in proportion to its longest streams, so that as many streams are open at once. */
function shortened(scenario: Scenario, longestMs: number): Scenario {
  return { ...scenario, rampMs: scenario.rampMs * Math.min(1, longestStreamMs / longestMs) }
}

function loadMock({ topology, experiment, runner, signal }: RunContext, scenario: Scenario, clock?: MockClock) {
  const target = { baseUrl: topology.mockUrl, protocol: experiment.protocol }
  // The same number of bytes as the requests to the gateway, without its secrets.
  const headers = blankedHeaders(experiment.headers)
  return runner.load({
    ...{ target, scenario, headers, clock, signal },
    isPlanCertain: true,
    longestStreamMs,
    progress: noProgress(),
  })
}

/** Loads the mock, and keeps what the comparison needs. */
async function measureWindow(
  when: DirectWindow['when'],
  run: RunContext,
  scenario: Scenario,
  clock: MockClock | undefined,
): Promise<DirectWindow> {
  const startNs = nowNs()
  const watch = watchPauses()
  const { records, blocks } = await loadMock(run, scenario, clock).finally(() => watch.stop())
  const paused = await pausesSince(startNs + (clock?.offsetNs ?? 0), watch.read(), run.topology.mockUrl)
  const [connect, headers, ttft] = [connectNs, headersNs, ttftFromStartNs].map((time) => blocksOf(records, time))
  const at = (times: readonly HistogramSnapshot[] | undefined, index: number) => times?.[index] as HistogramSnapshot
  return {
    when,
    streams: scenario.phases ? records.length : scenario.streams,
    whole: records.filter(({ outcome }) => outcome.state === 'whole').length,
    fault: firstFault(records),
    chunks: meanDeltas(records) ?? scenario.chunks ?? 0,
    blocks: blocks.map((block, index) => ({
      ...block,
      connect: at(connect, index),
      headers: at(headers, index),
      ttft: at(ttft, index),
    })),
    paused: paused.length > 0 ? paused : undefined,
  }
}

/** The deltas of a complete stream, as a rounded mean. */
function meanDeltas(records: readonly StreamRecord[]): number | undefined {
  const whole = records.filter(({ outcome }) => outcome.state === 'whole')
  return whole.length === 0 ? undefined : Math.round(whole.reduce((sum, { deltas }) => sum + deltas, 0) / whole.length)
}

/** How the first stream of a window that failed did so. */
function firstFault(records: readonly StreamRecord[]): string | undefined {
  for (const { outcome } of records) if (outcome.state === 'failed') return describeFailure(outcome)
  return undefined
}

/** The parts of the harness that paused; the mock's pauses since an instant on its clock. */
async function pausesSince(mockStartNs: number, ofRunner: readonly Pause[], mockUrl: string): Promise<PausedPart[]> {
  const { instrument = [] } = (await readMockStats(mockUrl)) ?? {}
  const ofMock = instrument.map(({ name, pauses = [] }) => ({
    name,
    pauses: pauses.filter(({ toNs }) => toNs >= mockStartNs),
  }))
  return [{ name: 'runner', pauses: ofRunner }, ...ofMock].filter(({ pauses }) => pauses.length > 0)
}
