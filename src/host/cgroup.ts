import { posix } from 'node:path'
import type { ContainerCost } from '../model/gateway.ts'
import { type ReadText, readTextFile, wholeNumber } from './proc.ts'

/** One reading of a container's control group; counters count since the container started. */
export type ContainerReading = ContainerCost

/** Limits that the control group of this process, or one above it, sets; undefined members are not limited. */
export interface CgroupLimits {
  readonly version: 1 | 2
  /** CPU time per wall time, in cores. */
  readonly cpus?: number
  readonly memoryBytes?: number
}

const mount = '/sys/fs/cgroup'

/** cgroup v1 reports "no limit" as the largest multiple of the page size below 2^63, so anything from here on is unlimited. */
const v1Unlimited = 2 ** 62

/**
 * Reads a container's control group as the container itself sees it. `root` is the container's file system, such as
 * `/proc/PID/root` of one of its processes. Undefined if no control group is readable there.
 */
export function readControlGroup(root: string, readText: ReadText = readTextFile): ContainerReading | undefined {
  const read = (path: string) => readText(`${root}${mount}/${path}`)
  const reading = isV2(root, readText) ? readContainerV2(read) : readContainerV1(read)
  return Object.values(reading).some((value) => value !== undefined) ? reading : undefined
}

/** Reads the CPU and memory limits of this process; undefined on systems without control groups. */
export function readCgroupLimits(readText: ReadText): CgroupLimits | undefined {
  const groups = readText('/proc/self/cgroup')
  if (groups === undefined) return undefined
  const isVersion2 = isV2('', readText)
  const limits = (controller: string, limitOf: (read: Read) => number | undefined) =>
    lowest(
      upToRoot(groups, isVersion2 ? undefined : controller).map((folder) =>
        limitOf((file) => readText(`${folder}/${file}`)),
      ),
    )
  return {
    version: isVersion2 ? 2 : 1,
    cpus: limits('cpu', isVersion2 ? cpuLimitV2 : cpuLimitV1),
    memoryBytes: limits('memory', isVersion2 ? memoryLimitV2 : memoryLimitV1),
  }
}

/** Reads a file of one control group by its name. */
type Read = (file: string) => string | undefined

function isV2(root: string, readText: ReadText): boolean {
  return readText(`${root}${mount}/cgroup.controllers`) !== undefined
}

function readContainerV2(read: Read): ContainerReading {
  const cpu = read('cpu.stat')
  return {
    cpuS: scaled(field(cpu, 'usage_usec'), 1e6),
    memoryPeakBytes: wholeNumber(read('memory.peak')),
    memoryLimitBytes: memoryLimitV2(read),
    cpuLimit: cpuLimitV2(read),
    periods: field(cpu, 'nr_periods'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledS: scaled(field(cpu, 'throttled_usec'), 1e6),
    oomKills: field(read('memory.events'), 'oom_kill'),
  }
}

function readContainerV1(read: Read): ContainerReading {
  const cpu = read('cpu/cpu.stat')
  return {
    cpuS: scaled(wholeNumber(read('cpuacct/cpuacct.usage')), 1e9),
    memoryPeakBytes: wholeNumber(read('memory/memory.max_usage_in_bytes')),
    memoryLimitBytes: memoryLimitV1((file) => read(`memory/${file}`)),
    cpuLimit: cpuLimitV1((file) => read(`cpu/${file}`)),
    periods: field(cpu, 'nr_periods'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledS: scaled(field(cpu, 'throttled_time'), 1e9),
    oomKills: field(read('memory/memory.oom_control'), 'oom_kill'),
  }
}

function cpuLimitV2(read: Read): number | undefined {
  const [quota, period] = read('cpu.max')?.trim().split(' ') ?? []
  return cores(wholeNumber(quota), wholeNumber(period))
}

function cpuLimitV1(read: Read): number | undefined {
  return cores(wholeNumber(read('cpu.cfs_quota_us')), wholeNumber(read('cpu.cfs_period_us')))
}

/** A quota of CPU time per period, in cores; "max" and -1 (no limit) are not whole numbers. */
function cores(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || quota === 0 || !period ? undefined : quota / period
}

function memoryLimitV2(read: Read): number | undefined {
  return wholeNumber(read('memory.max'))
}

function memoryLimitV1(read: Read): number | undefined {
  const bytes = wholeNumber(read('memory.limit_in_bytes'))
  return bytes === undefined || bytes >= v1Unlimited ? undefined : bytes
}

/**
 * The folder of this process's group and of every group above it, as their limits apply too; `controller` only for v1. In a
 * container the path may be the host's, and then only the mount point exists.
 */
function upToRoot(groups: string, controller: string | undefined): string[] {
  for (const line of groups.split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controller === undefined ? !line.startsWith('0::') : !controllers.split(',').includes(controller)) continue
    const top = controller === undefined ? mount : `${mount}/${controller}`
    const folders: string[] = []
    for (let at = posix.normalize(`/${path}`); at !== '/'; at = posix.dirname(at)) folders.push(`${top}${at}`)
    return [...folders, top]
  }
  return controller === undefined ? [mount] : []
}

function lowest(values: readonly (number | undefined)[]): number | undefined {
  const limits = values.filter((value) => value !== undefined && value > 0)
  return limits.length === 0 ? undefined : Math.min(...(limits as number[]))
}

function field(text: string | undefined, name: string): number | undefined {
  return wholeNumber(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1])
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by
}
