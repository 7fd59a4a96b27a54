import { availableParallelism, freemem, platform, release, totalmem } from 'node:os'
import { type CgroupLimits, readCgroupLimits } from './cgroup.ts'
import { bytesOf, type ReadText, readTextFile, wholeNumber } from './proc.ts'

/** The limits of this machine and this process; undefined members are unknown (without /proc, for example). */
export interface MachineLimits {
  /** Such as `linux 6.1.0`. */
  readonly kernel: string
  readonly cores: number
  readonly memoryTotalBytes: number
  readonly memoryAvailableBytes: number
  /** RLIMIT_NOFILE of this process, Infinity if unlimited; children inherit both. */
  readonly descriptors?: { readonly soft: number; readonly hard: number }
  /** Range of ports for outgoing connections, inclusive. */
  readonly ephemeralPorts?: { readonly first: number; readonly last: number }
  /** Sockets in TIME_WAIT: ended connections that still hold their port for a minute. */
  readonly timeWaitSockets?: number
  /** Maximum listen backlog (net.core.somaxconn). */
  readonly somaxconn?: number
  readonly cgroup?: CgroupLimits
}

/** Where limits are read from; tests pass a fake. */
export interface Machine {
  readonly readText: ReadText
  readonly kernel: string
  readonly cores: number
  readonly memoryTotalBytes: number
  readonly memoryFreeBytes: number
}

/** The machine that this process runs on. */
function thisMachine(): Machine {
  return {
    readText: readTextFile,
    kernel: `${platform()} ${release()}`,
    cores: availableParallelism(),
    memoryTotalBytes: totalmem(),
    memoryFreeBytes: freemem(),
  }
}

/** Reads every limit that affects the number of streams. */
export function readLimits(machine: Machine = thisMachine()): MachineLimits {
  const { readText, kernel, cores, memoryTotalBytes } = machine
  return {
    kernel,
    cores,
    memoryTotalBytes,
    memoryAvailableBytes: bytesOf('MemAvailable', readText('/proc/meminfo')) ?? machine.memoryFreeBytes,
    descriptors: descriptorLimits(readText('/proc/self/limits')),
    ephemeralPorts: ephemeralPorts(readText('/proc/sys/net/ipv4/ip_local_port_range')),
    timeWaitSockets: timeWait(readText('/proc/net/sockstat')),
    somaxconn: wholeNumber(readText('/proc/sys/net/core/somaxconn')),
    cgroup: readCgroupLimits(readText),
  }
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
