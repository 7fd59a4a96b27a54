import { counted, fixed, grouped, mebibytes, notMeasured } from '../../base/format.ts'
import type { CostSummary } from '../../judge/cost.ts'
import type { ContainerCost, GatewayTelemetry } from '../../model/gateway.ts'
import type { Run } from '../../model/run.ts'

/** A label and its text. */
export type LabelledRow = readonly [label: string, text: string]

/** What the gateway used, and what it reports about itself; nothing without a gateway. */
export function gatewayRows({ gateway, telemetry }: Run, cost: CostSummary | undefined): LabelledRow[] {
  return gateway.kind === 'none' ? [] : [...resourceRows(cost), ['Telemetry:', telemetryText(telemetry)]]
}

/** CPU, memory, descriptors, and the container's limits. What was not measured is never 0. */
export function resourceRows(cost: CostSummary | undefined): LabelledRow[] {
  if (cost === undefined) return [['Gateway resources:', 'not measured (process not visible from here)']]
  const { cpuS, cpuUsPerEvent, memoryBeforeBytes, memoryPeakBytes, memoryAfterBytes, memoryPerStreamBytes } = cost
  const { descriptorsBefore, descriptorsPeak, descriptorsAfter, container } = cost
  return [
    ['Gateway CPU:', `${fixed(cpuS, 2)} s, ${fixed(cpuUsPerEvent, 1)} us per event`],
    [
      'Gateway memory:',
      `${mebibytes(memoryPeakBytes)} peak, ${mebibytes(memoryBeforeBytes)} before, ${mebibytes(memoryAfterBytes)} after, ${kib(memoryPerStreamBytes)} per stream`,
    ],
    [
      'Gateway descriptors:',
      `${grouped(descriptorsPeak)} peak, ${grouped(descriptorsBefore)} before, ${grouped(descriptorsAfter)} after`,
    ],
    ...(container ? containerRows(container) : []),
  ]
}

function containerRows(container: ContainerCost): LabelledRow[] {
  const { cpuLimit, memoryLimitBytes, memoryPeakBytes, periods, throttledPeriods, throttledS, oomKills } = container
  const cpus = cpuLimit === undefined ? 'no CPU limit' : `limit ${Number(cpuLimit.toFixed(2))} CPUs`
  const memory = memoryLimitBytes === undefined ? 'no memory limit' : `limit ${mebibytes(memoryLimitBytes)}`
  const rows: LabelledRow[] = [
    ['Gateway container:', `${cpus}, ${memory}, memory peak ${mebibytes(memoryPeakBytes)} (page cache included)`],
  ]
  if (throttledPeriods)
    rows.push([
      'Gateway throttled:',
      `in ${grouped(throttledPeriods)} of ${grouped(periods)} periods, ${fixed(throttledS, 2)} s (CPU limit reached)`,
    ])
  if (oomKills) rows.push(['Gateway out of memory:', `${grouped(oomKills)} processes killed by the kernel`])
  return rows
}

function telemetryText({ sampledPeak, samples, highWaterMark, usageBefore, usageAfter }: GatewayTelemetry): string {
  const [before, after] = [usageBefore?.total_requests, usageAfter?.total_requests]
  const requests = before === undefined || after === undefined ? undefined : after - before
  return `active_streams peak ${fixed(sampledPeak, 0)} in ${counted(samples, 'sample')}, high-water mark ${fixed(highWaterMark, 0)}, requests ${grouped(requests)}`
}

function kib(bytes: number | undefined): string {
  return bytes === undefined ? notMeasured : `${(bytes / 2 ** 10).toFixed(1)} KiB`
}
