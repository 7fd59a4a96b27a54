import { known } from '../base/known.ts'
import { blocksOf } from '../judge/blocks.ts'
import { type LoadOptions, noProgress } from '../load/generator.ts'
import type { Runner } from '../load/runner.ts'
import type { DirectBlock, DirectWindow } from '../model/baseline.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'
import type { MockClock } from '../model/mock-stats.ts'
import type { Experiment, Scenario } from '../model/scenario.ts'
import { connectNs, headersNs, ttftNs } from '../model/times.ts'
import type { Topology } from '../topology/topology.ts'
import type { LoadContext } from './context.ts'

/** How long the deltas of a window may take, in ms: a window is as wide as the load and no longer than it takes to know. */
const longestMs = 3000

/** Streams that warm up for a window. */
const burstStreams = 200

/**
 * The same load without the gateway, to be done before and after that with it, so that a machine that grows slower or faster on the
 * way does so to both. Undefined where no gateway is between, where the caller does not want it, and where there are faults, as
 * time is not what is asked then.
 */
export function directLoad(
  { mockUrl, gateway }: Topology,
  { scenario, protocol, baseline = true }: Experiment,
  { runner, userAgent, clock, signal, onProgress }: LoadContext & { readonly clock: MockClock | undefined },
): ((when: DirectWindow['when']) => Promise<DirectWindow | undefined>) | undefined {
  const { faults, clientFaults, chunks, delayMs } = scenario
  if (!baseline || gateway.kind === 'none' || faults !== undefined || clientFaults !== undefined) return undefined
  if (chunks === undefined || delayMs === undefined) return undefined
  const windowed = windowOf(scenario, chunks, delayMs)
  const target = { baseUrl: mockUrl, protocol }
  return async (when) => {
    if (signal.aborted) return undefined
    onProgress(`measuring the same load without the gateway, ${when} the load`)
    if (when === 'before')
      await measureDirect(when, runner, { target, scenario: shortBurst(scenario), userAgent, signal })
    const window = await measureDirect(when, runner, {
      target,
      scenario: windowed,
      userAgent,
      signal,
      ...known({ clock }),
    })
    // Half a window is none.
    return signal.aborted ? undefined : window
  }
}

/** What warms mock and runner up for as many streams at once: without it, the first window would pay for it, and not the gateway's load. */
function shortBurst(scenario: Scenario): Scenario {
  return { ...scenario, streams: Math.min(scenario.streams, burstStreams), chunks: 2, rampMs: 0 }
}

/** The load of a window: of fewer deltas where they would take long, and then of a ramp as much shorter, so that as many are open at once. */
function windowOf(scenario: Scenario, chunks: number, delayMs: number): Scenario {
  const plannedMs = (chunks - 1) * delayMs
  if (plannedMs <= longestMs) return scenario
  const most = Math.max(2, Math.floor(longestMs / delayMs) + 1)
  return { ...scenario, chunks: Math.min(chunks, most), rampMs: scenario.rampMs * Math.min(1, longestMs / plannedMs) }
}

/** Loads the mock itself, and keeps of it what a baseline needs. */
async function measureDirect(
  when: DirectWindow['when'],
  runner: Runner,
  options: Omit<LoadOptions, 'progress' | 'isPlanCertain'>,
): Promise<DirectWindow> {
  const { scenario } = options
  const { records, blocks } = await runner.load({
    ...options,
    isPlanCertain: true,
    progress: noProgress(),
  })
  const streamBlocks = {
    connect: blocksOf(records, connectNs),
    headers: blocksOf(records, headersNs),
    ttft: blocksOf(records, ttftNs),
  }
  return {
    when,
    streams: scenario.streams,
    whole: records.filter(({ outcome }) => outcome.state === 'whole').length,
    chunks: scenario.chunks ?? 0,
    blocks: blocks.map((block, index) => ({ ...block, ...blockAt(streamBlocks, index) })),
  }
}

type StreamTimes = Pick<DirectBlock, 'connect' | 'headers' | 'ttft'>

function blockAt(
  times: { readonly [Name in keyof StreamTimes]: readonly StreamTimes[Name][] },
  index: number,
): StreamTimes {
  const at = (name: keyof StreamTimes) => times[name][index] as HistogramSnapshot
  return { connect: at('connect'), headers: at('headers'), ttft: at('ttft') }
}
