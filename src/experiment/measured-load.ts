import { known } from '../base/known.ts'
import { portOf } from '../base/url.ts'
import { type ActiveStreamsProbe, readActiveStreams } from '../gateways/active-streams.ts'
import { startSelfCheck } from '../host/self-check.ts'
import { peakConcurrency } from '../judge/peak.ts'
import { noProgress } from '../load/generator.ts'
import type { Load } from '../load/load-parts.ts'
import type { GatewayTelemetry, GatewayUsage } from '../model/gateway.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockClock } from '../model/mock-stats.ts'
import type { Run } from '../model/run.ts'
import type { Scenario } from '../model/scenario.ts'
import type { Target } from '../model/target.ts'
import type { LoadContext } from './context.ts'
import { type GaugeSampler, readHighWaterMark, readUsage, sampleGauge } from './telemetry.ts'

/** How often the gateway's gauge is read, in ms: twice as often as is promised, as an answer may take its time. */
const gaugeEveryMs = 25

/** What a load brings to a run. */
export type Loaded = Pick<
  Run,
  'records' | 'interChunk' | 'transit' | 'flights' | 'telemetry' | 'instrument' | 'notStarted'
>

/** What a load that never began brings. */
export function nothingLoaded(scenario: Scenario): Loaded {
  return { records: [], interChunk: new Histogram().toJSON(), telemetry: { samples: 0 }, notStarted: scenario.streams }
}

/** Loads a target; what its gateway says of itself is asked at `gatewayUrl`. */
export async function measureLoad(
  target: Target,
  gatewayUrl: string,
  scenario: Scenario,
  { isPlanCertain, clock }: { readonly isPlanCertain: boolean; readonly clock?: MockClock | undefined },
  context: LoadContext,
  activeStreams?: ActiveStreamsProbe,
): Promise<Loaded & Pick<Load, 'blocks'>> {
  const usageBefore = await readUsage(gatewayUrl)
  const markBefore = usageBefore && (await readHighWaterMark(gatewayUrl))
  const sampler = startSampler(gatewayUrl, usageBefore, activeStreams)
  const progress = noProgress()
  context.onLoad(progress)
  const selfCheck = startSelfCheck(portOf(target.baseUrl))
  const loading = context.runner.load({
    target,
    scenario,
    userAgent: context.userAgent,
    isPlanCertain,
    ...known({ clock }),
    signal: context.signal,
    progress,
  })
  await Promise.allSettled([loading])
  const sampled = await sampler?.stop()
  const { records, interChunk, transit, blocks, flights, threads } = await loading.finally(() => selfCheck.end())
  const instrument = selfCheck.read(peakConcurrency(records), threads)
  const usageAfter = usageBefore && (await readUsage(gatewayUrl))
  const markAfter = usageBefore && (await readHighWaterMark(gatewayUrl))
  // A mark that did not rise is of an earlier load, or of the warm-up.
  const highWaterMark = markAfter !== undefined && markAfter > (markBefore ?? 0) ? markAfter : undefined
  const { samples = 0, peak: sampledPeak } = sampled ?? {}
  const telemetry: GatewayTelemetry = known({ samples, usageBefore, usageAfter, sampledPeak, highWaterMark })
  return {
    records,
    interChunk: interChunk.toJSON(),
    ...(transit && { transit: transit.toJSON() }),
    ...(flights.length > 0 && { flights }),
    blocks,
    telemetry,
    instrument,
    notStarted: scenario.streams - records.length,
  }
}

/** Samples whichever gauge of open streams the gateway has. */
function startSampler(
  gatewayUrl: string,
  usage: GatewayUsage | undefined,
  probe: ActiveStreamsProbe | undefined,
): GaugeSampler | undefined {
  if (probe) return sampleGauge(() => readActiveStreams(gatewayUrl, probe), probe.everyMs ?? gaugeEveryMs)
  if (usage?.active_streams === undefined) return undefined
  return sampleGauge(async () => (await readUsage(gatewayUrl))?.active_streams, gaugeEveryMs)
}
