import { join } from 'node:path'
import { nowNs } from '../base/clock.ts'
import { Samples } from '../base/samples.ts'
import { portOf } from '../base/url.ts'
import { type ActiveStreamsProbe, readActiveStreams } from '../gateways/active-streams.ts'
import { startSelfCheck } from '../host/self-check.ts'
import { peakConcurrency } from '../judge/peak.ts'
import { noProgress } from '../load/generator.ts'
import type { LoadResult } from '../load/load-result.ts'
import { plannedLeft } from '../load/schedule.ts'
import type { GatewayUsage } from '../model/gateway.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockClock } from '../model/mock-stats.ts'
import { loadText } from '../model/phase-text.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import { type Collected, createSpool } from '../results/record-spool.ts'
import { watchThresholds } from './abort-watch.ts'
import type { LoadContext } from './context.ts'
import { overTime } from './over-time.ts'
import { type GaugeSampler, readHighWaterMark, readUsage, sampleGauge } from './telemetry.ts'

/** Interval between readings of the gateway's gauge, in ms: half of the promised 50 ms, because an answer takes time. */
const gaugeEveryMs = 25

/** What a load contributes to a run. */
type Loaded = Pick<
  Run,
  | 'records'
  | 'interChunk'
  | 'transit'
  | 'flights'
  | 'telemetry'
  | 'instrument'
  | 'notStarted'
  | 'dropped'
  | 'phaseTimes'
  | 'series'
  | 'abortedBy'
  | 'stopped'
  | 'thinned'
>

/** The contribution of a load that never started. */
export function nothingLoaded(scenario: Scenario): Loaded {
  return {
    records: [],
    interChunk: new Histogram().toJSON(),
    telemetry: { samples: 0 },
    notStarted: plannedLeft(scenario, [], []) || scenario.streams,
  }
}

/** The measured load. */
interface MeasuredLoad extends LoadContext {
  readonly target: Target
  readonly scenario: Scenario
  /** Where the gateway's own telemetry is read. */
  readonly gatewayUrl: string
  /** Headers of every request to the gateway. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the upstream is known to play the planned streams. */
  readonly isPlanCertain: boolean
  readonly clock?: MockClock
  readonly activeStreams?: ActiveStreamsProbe
}

/** Applies a load, with the self-check of the harness and the telemetry of the gateway around it. */
export async function measureLoad(load: MeasuredLoad): Promise<Loaded & Pick<LoadResult, 'blocks'>> {
  const { target, scenario, gatewayUrl, headers, isPlanCertain, clock, runner } = load
  const usageBefore = await readUsage(gatewayUrl, headers)
  const markBefore = usageBefore && (await readHighWaterMark(gatewayUrl, headers))
  const sampler = startSampler(load, usageBefore)
  const progress = noProgress()
  load.onProgress(`starting the load: ${loadText(scenario)}`)
  load.onLoad(progress)
  const selfCheck = startSelfCheck(portOf(target.baseUrl))
  const memory = sampleMemory()
  using thresholds = watchThresholds(scenario, runner.workers, load.onProgress)
  const spool = load.spool && createSpool(join(load.spool.out, load.id), load.spool.keep)
  const signal = AbortSignal.any([load.signal, thresholds.signal, ...(spool ? [spool.signal] : [])])
  const { live } = thresholds
  const loading = runner.load({ target, scenario, headers, isPlanCertain, clock, signal, progress, live, spool })
  await Promise.allSettled([loading])
  memory.stop()
  const { samples = 0, peak: sampledPeak, values: activeStreams } = (await sampler?.stop()) ?? {}
  const loaded = await loading.finally(() => selfCheck.end())
  const { dropped, phaseTimes, interChunk, transit, blocks, series, flights, threads } = loaded
  const all: Collected = spool ? await spool.collect(loaded.records) : { records: loaded.records }
  const { records, thinned, why } = all
  const instrument = selfCheck.read(peakConcurrency(records), threads)
  const usageAfter = usageBefore && (await readUsage(gatewayUrl, headers))
  const markAfter = usageBefore && (await readHighWaterMark(gatewayUrl, headers))
  // A mark that did not rise is from an earlier load or from the warm-up.
  const highWaterMark = markAfter !== undefined && markAfter > (markBefore ?? 0) ? markAfter : undefined
  return {
    records,
    interChunk: interChunk.toJSON(),
    transit: transit?.toJSON(),
    flights: flights.length > 0 ? flights : undefined,
    blocks,
    series: series && overTime(series, { activeStreams, runnerMemoryBytes: memory.values }),
    telemetry: { samples, usageBefore, usageAfter, sampledPeak, highWaterMark },
    instrument,
    notStarted: plannedLeft(scenario, records, dropped),
    dropped: dropped.some((count) => count > 0) ? dropped : undefined,
    phaseTimes: scenario.phases && phaseTimes,
    abortedBy: thresholds.broken(),
    thinned,
    stopped: why === undefined ? undefined : { phase: 'load', why },
  }
}

/** Samples the gauge of open streams that the gateway has, if it has one. */
function startSampler(
  { gatewayUrl, headers, activeStreams: probe }: MeasuredLoad,
  usage: GatewayUsage | undefined,
): GaugeSampler | undefined {
  if (probe) return sampleGauge(() => readActiveStreams(gatewayUrl, probe, headers), probe.everyMs ?? gaugeEveryMs)
  if (usage?.active_streams === undefined) return undefined
  return sampleGauge(async () => (await readUsage(gatewayUrl, headers))?.active_streams, gaugeEveryMs)
}

/** Samples the resident memory of this process, all threads included. */
function sampleMemory(): { readonly values: Samples; readonly stop: () => void } {
  const values = new Samples()
  const take = () => values.add(nowNs(), process.memoryUsage.rss())
  take()
  const timer = setInterval(take, 1000).unref()
  return {
    values,
    stop: () => {
      clearInterval(timer)
      take()
    },
  }
}
