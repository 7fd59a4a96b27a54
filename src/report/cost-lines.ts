import { fixed, grouped, notMeasured } from '../base/format.ts'
import type { CostSummary } from '../judge/cost.ts'
import type { ContainerCost } from '../model/gateway.ts'

/** What the gateway cost, or that it was not measured: it never looks free. */
export function costLines(cost: CostSummary | undefined): string[] {
  const title = ['', '  What the gateway cost:']
  if (cost === undefined) return [...title, "    not measured: the gateway's process can't be seen from here"]
  const { cpuS, cpuUsPerEvent, memoryBeforeBytes, memoryPeakBytes, memoryAfterBytes, memoryPerStreamBytes } = cost
  const { descriptorsBefore, descriptorsPeak, descriptorsAfter, container } = cost
  return [
    ...title,
    `    CPU:             ${fixed(cpuS, 2)} s, ${fixed(cpuUsPerEvent, 1)} us an event`,
    `    Memory:          ${mib(memoryPeakBytes)} at most, ${mib(memoryBeforeBytes)} before the load, ${mib(memoryAfterBytes)} after; ${kib(memoryPerStreamBytes)} a stream`,
    `    Descriptors:     ${grouped(descriptorsPeak)} at most, ${grouped(descriptorsBefore)} before the load, ${grouped(descriptorsAfter)} after`,
    ...(container ? containerLines(container) : []),
  ]
}

function containerLines(container: ContainerCost): string[] {
  const { cpuLimit, memoryLimitBytes, memoryPeakBytes, periods, throttledPeriods, throttledS, oomKills } = container
  const cpus = cpuLimit === undefined ? 'no CPU limit' : `${Number(cpuLimit.toFixed(2))} CPUs`
  const memory = memoryLimitBytes === undefined ? 'no memory limit' : mib(memoryLimitBytes)
  return [
    `    Its container:   ${cpus}, ${memory}; memory ${mib(memoryPeakBytes)} at most, page cache included`,
    ...(throttledPeriods
      ? [
          `    Throttled:       in ${grouped(throttledPeriods)} of ${grouped(periods)} periods, ${fixed(throttledS, 2)} s in all: the CPU limit was the gateway's limit`,
        ]
      : []),
    ...(oomKills ? [`    Out of memory:   the kernel killed ${grouped(oomKills)} of its processes`] : []),
  ]
}

function mib(bytes: number | undefined): string {
  return bytes === undefined ? notMeasured : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

function kib(bytes: number | undefined): string {
  return bytes === undefined ? notMeasured : `${(bytes / 2 ** 10).toFixed(1)} KiB`
}
