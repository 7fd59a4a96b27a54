import { availableParallelism, freemem, platform, release, totalmem } from 'node:os'
import { known } from '../base/known.ts'
import { type CgroupLimits, readCgroup } from './machine-cgroup.ts'
import { bytesOf, wholeNumber } from './proc-text.ts'
import { type ReadText, readTextFile } from './read-text.ts'

/** What this machine and this process may use; absent members are not known here (no /proc, for one). */
export interface MachineLimits {
  /** Such as `linux 6.1.0`. */
  readonly kernel: string
  readonly cores: number
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** RLIMIT_NOFILE of this process, Infinity where there is none; children inherit both. */
  readonly descriptors?: { readonly soft: number; readonly hard: number }
  /** Ports that the kernel gives to outgoing connections, both ends included. */
  readonly ephemeralPorts?: { readonly first: number; readonly last: number }
  /** Ports that are taken for a minute by connections that have ended. */
  readonly timeWaitSockets?: number
  /** The longest queue of connections that a listener may have (net.core.somaxconn). */
  readonly somaxconn?: number
  readonly cgroup?: CgroupLimits
}

/** What a machine says of itself: a stand-in for it is what tests pass. */
export interface Machine {
  readonly readText: ReadText
  readonly kernel: string
  readonly cores: number
  readonly memoryTotalBytes: number
  readonly memoryFreeBytes: number
}

/** The machine that this runs on. */
function thisMachine(): Machine {
  return {
    readText: readTextFile,
    kernel: `${platform()} ${release()}`,
    cores: availableParallelism(),
    memoryTotalBytes: totalmem(),
    memoryFreeBytes: freemem(),
  }
}

/** Reads every limit that bears on the number of streams. */
export function readLimits(machine: Machine = thisMachine()): MachineLimits {
  const { readText, kernel, cores, memoryTotalBytes } = machine
  return known({
    kernel,
    cores,
    memoryTotalBytes,
    memoryAvailableBytes: bytesOf('MemAvailable', readText('/proc/meminfo')) ?? machine.memoryFreeBytes,
    descriptors: descriptorLimits(readText('/proc/self/limits')),
    ephemeralPorts: ephemeralPorts(readText('/proc/sys/net/ipv4/ip_local_port_range')),
    timeWaitSockets: timeWait(readText('/proc/net/sockstat')),
    somaxconn: wholeNumber(readText('/proc/sys/net/core/somaxconn')),
    cgroup: readCgroup(readText),
  })
}

/** RLIMIT_NOFILE in /proc/PID/limits. */
export function descriptorLimits(limits: string | undefined): MachineLimits['descriptors'] {
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(limits ?? '') ?? []
  if (soft === undefined || hard === undefined) return undefined
  return { soft: limitOf(soft), hard: limitOf(hard) }
}

function limitOf(text: string): number {
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text)
}

/** The range in /proc/sys/net/ipv4/ip_local_port_range. */
export function ephemeralPorts(range: string | undefined): MachineLimits['ephemeralPorts'] {
  const [, first, last] = /^\s*(\d+)\s+(\d+)/.exec(range ?? '') ?? []
  return first === undefined || last === undefined ? undefined : { first: Number(first), last: Number(last) }
}

function timeWait(sockstat: string | undefined): number | undefined {
  return wholeNumber(/^TCP:.*\btw (\d+)/m.exec(sockstat ?? '')?.[1])
}
