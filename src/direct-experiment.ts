import { known } from './known.ts'
import { type LoadOptions, noProgress } from './load/generator.ts'
import type { Runner } from './load/runner.ts'
import type { StreamRecord } from './record.ts'
import { blockCount, type DirectBlock, type DirectWindow, type MockClock, type Scenario } from './run.ts'
import type { Asked } from './scenario/scenario.ts'
import { Histogram } from './stats/histogram.ts'
import { connectNs, headersNs, ttftNs } from './stats/times.ts'
import type { Topology } from './topology/topology.ts'

/** How long the deltas of a window may take, in ms: a window is as wide as the load and no longer than it takes to know. */
const longestMs = 3000

/** Streams that warm up for a window. */
const burstStreams = 200

/** What a load straight to the mock is told by the experiment that it belongs to. */
export interface DirectContext {
  readonly runner: Runner
  readonly userAgent: string
  readonly clock: MockClock | undefined
  readonly signal: AbortSignal
  readonly onPhase: (text: string) => void
}

/**
 * The same load without the gateway, to be done before and after that with it, so that a machine that grows slower or faster on the
 * way does so to both. Undefined where no gateway is between, where the caller does not want it, and where there are faults, as
 * time is not what is asked then.
 */
export function directLoad(
  { mockUrl, gateway }: Topology,
  { scenario, protocol, baseline = true }: Asked,
  { runner, userAgent, clock, signal, onPhase }: DirectContext,
): ((when: DirectWindow['when']) => Promise<DirectWindow | undefined>) | undefined {
  const { faults, clientFaults } = scenario
  if (!baseline || gateway.kind === 'none' || faults !== undefined || clientFaults !== undefined) return undefined
  const target = { baseUrl: mockUrl, protocol }
  return async (when) => {
    if (signal.aborted) return undefined
    onPhase(`measuring the same load without the gateway, ${when} the load`)
    if (when === 'before')
      await measureDirect(when, runner, { target, scenario: shortBurst(scenario), userAgent, signal })
    const window = await measureDirect(when, runner, { target, scenario, userAgent, signal, ...known({ clock }) })
    // Half a window is none.
    return signal.aborted ? undefined : window
  }
}

/** What warms mock and runner up for as many streams at once: without it, the first window would pay for it, and not the gateway's load. */
function shortBurst(scenario: Scenario): Scenario {
  return { ...scenario, streams: Math.min(scenario.streams, burstStreams), chunks: 2, rampMs: 0 }
}

/** What goes straight to the mock: the same streams at the same pace, of fewer deltas where they would take long. */
function directScenario(scenario: Scenario): Scenario {
  const { chunks = 20, delayMs = 50 } = scenario
  const most = delayMs === 0 ? chunks : Math.max(2, Math.floor(longestMs / delayMs) + 1)
  return { ...scenario, chunks: Math.min(chunks, most), delayMs }
}

/** Loads the mock itself, and keeps of it what a baseline needs. */
async function measureDirect(
  when: DirectWindow['when'],
  runner: Runner,
  options: Omit<LoadOptions, 'progress' | 'isPlanCertain'>,
): Promise<DirectWindow> {
  const scenario = directScenario(options.scenario)
  const { records, blocks } = await runner.load({
    ...options,
    scenario,
    isPlanCertain: true,
    progress: noProgress(),
  })
  const isOf = (block: number) => (record: StreamRecord) => record.stream % blockCount === block
  return {
    when,
    streams: scenario.streams,
    whole: records.filter(({ outcome }) => outcome.state === 'whole').length,
    chunks: scenario.chunks ?? 0,
    blocks: blocks.map((block, index) => ({ ...block, ...streamTimes(records.filter(isOf(index))) })),
  }
}

function streamTimes(records: readonly StreamRecord[]): Pick<DirectBlock, 'connect' | 'headers' | 'ttft'> {
  const over = (time: (record: StreamRecord) => number | undefined) => {
    const histogram = new Histogram()
    for (const record of records) {
      const ns = time(record)
      if (ns !== undefined) histogram.record(ns / 1000)
    }
    return histogram.toJSON()
  }
  return { connect: over(connectNs), headers: over(headersNs), ttft: over(ttftNs) }
}
