import { known } from '../base/known.ts'
import type { GatewayCost } from '../model/gateway.ts'

/** What the gateway cost, and what that is for each event and each stream. Absent members were not measured. */
export interface CostSummary extends GatewayCost {
  /** CPU time for each SSE event that arrived at a client, in us. */
  readonly cpuUsPerEvent?: number
  /** Peak memory less that before the load, for each stream of the peak concurrency, in bytes. */
  readonly memoryPerStreamBytes?: number
}

/** Relates what was measured to what was moved. A container's own CPU clock counts in ns, that of /proc in 10 ms. */
export function summarizeCost(cost: GatewayCost, events: number, peakOpen: number): CostSummary {
  const cpuS = cost.container?.cpuS ?? cost.cpuS
  const { memoryBeforeBytes: before, memoryPeakBytes: peak } = cost
  const grown = before === undefined || peak === undefined ? undefined : Math.max(0, peak - before)
  return {
    ...cost,
    ...known({
      cpuS,
      cpuUsPerEvent: cpuS === undefined || events === 0 ? undefined : (cpuS * 1e6) / events,
      memoryPerStreamBytes: grown === undefined || peakOpen === 0 ? undefined : grown / peakOpen,
    }),
  }
}
