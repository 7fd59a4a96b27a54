import type { ContainerCost } from '../model/run.ts'
import { v1Unlimited, wholeNumber } from './proc-text.ts'
import { type ReadText, readTextFile } from './read-text.ts'

/** The same figures as a look sees them: what counts up, counts since the container began. */
export type ContainerReading = ContainerCost

/**
 * Reads a container's control group as it is mounted there: `root` is the container's own file system, such as
 * `/proc/PID/root` of a process in it. Undefined where there is none to be read.
 */
export function readControlGroup(root: string, readText: ReadText = readTextFile): ContainerReading | undefined {
  const read = (path: string) => readText(`${root}/sys/fs/cgroup/${path}`)
  const reading = read('cgroup.controllers') === undefined ? readV1(read) : readV2(read)
  const members = Object.entries(reading).filter(([, value]) => value !== undefined && Number.isFinite(value))
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

type Members = { readonly [K in keyof ContainerReading]: number | undefined }

function readV2(read: (path: string) => string | undefined): Members {
  const cpu = read('cpu.stat')
  const [quota, period] = read('cpu.max')?.trim().split(' ').map(Number) ?? []
  return {
    cpuS: scaled(field(cpu, 'usage_usec'), 1e6),
    memoryPeakBytes: wholeNumber(read('memory.peak')),
    memoryLimitBytes: wholeNumber(read('memory.max')),
    cpuLimit: quota === undefined || period === undefined ? undefined : quota / period,
    periods: field(cpu, 'nr_periods'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledS: scaled(field(cpu, 'throttled_usec'), 1e6),
    oomKills: field(read('memory.events'), 'oom_kill'),
  }
}

function readV1(read: (path: string) => string | undefined): Members {
  const cpu = read('cpu/cpu.stat')
  const quota = wholeNumber(read('cpu/cpu.cfs_quota_us'))
  const period = wholeNumber(read('cpu/cpu.cfs_period_us'))
  const limit = wholeNumber(read('memory/memory.limit_in_bytes'))
  return {
    cpuS: scaled(wholeNumber(read('cpuacct/cpuacct.usage')), 1e9),
    memoryPeakBytes: wholeNumber(read('memory/memory.max_usage_in_bytes')),
    memoryLimitBytes: limit === undefined || limit >= v1Unlimited ? undefined : limit,
    cpuLimit: quota === undefined || period === undefined || quota <= 0 ? undefined : quota / period,
    periods: field(cpu, 'nr_periods'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledS: scaled(field(cpu, 'throttled_time'), 1e9),
    oomKills: field(read('memory/memory.oom_control'), 'oom_kill'),
  }
}

function field(text: string | undefined, name: string): number | undefined {
  return wholeNumber(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1])
}

function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : value / by
}
