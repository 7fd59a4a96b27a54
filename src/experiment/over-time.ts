import type { Samples } from '../base/samples.ts'
import type { CostOverTime } from '../host/meter.ts'
import type { Series } from '../model/series.ts'

/** What was measured besides the streams during a load. */
interface Measured {
  readonly activeStreams?: Samples
  readonly runnerMemoryBytes?: Samples
  readonly gateway?: CostOverTime
}

/** Adds to the series of a load what else was measured in each of its seconds. */
export function overTime(series: Series, { activeStreams, runnerMemoryBytes, gateway }: Measured): Series {
  const { beginNs, second } = series
  const seconds = (second.at(-1) ?? -1) + 1
  return {
    ...series,
    gatewayCpuS: gateway?.cpuS.growthPerSecond(beginNs, seconds) ?? series.gatewayCpuS,
    gatewayMemoryBytes: gateway?.memoryBytes.perSecond(beginNs, seconds) ?? series.gatewayMemoryBytes,
    activeStreams: activeStreams?.perSecond(beginNs, seconds) ?? series.activeStreams,
    runnerMemoryBytes: runnerMemoryBytes?.perSecond(beginNs, seconds) ?? series.runnerMemoryBytes,
  }
}
