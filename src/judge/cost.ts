import type { GatewayCost } from '../model/gateway.ts'

/** The resource usage of the gateway, in total, per event and per stream. Undefined members were not measured. */
export interface CostSummary extends GatewayCost {
  /** CPU time per SSE event that reached a client, in us. */
  readonly cpuUsPerEvent?: number
  /** Peak memory minus memory before the load, per stream of the peak concurrency, in bytes. */
  readonly memoryPerStreamBytes?: number
}

/** Relates the usage to the load. A container's CPU clock counts in ns, that of /proc in steps of 10 ms. */
export function summarizeCost(cost: GatewayCost, events: number, peakOpen: number): CostSummary {
  const cpuS = cost.container?.cpuS ?? cost.cpuS
  const { memoryBeforeBytes: before, memoryPeakBytes: peak } = cost
  const grown = before === undefined || peak === undefined ? undefined : Math.max(0, peak - before)
  return {
    ...cost,
    cpuS,
    cpuUsPerEvent: cpuS === undefined || events === 0 ? undefined : (cpuS * 1e6) / events,
    memoryPerStreamBytes: grown === undefined || peakOpen === 0 ? undefined : grown / peakOpen,
  }
}
