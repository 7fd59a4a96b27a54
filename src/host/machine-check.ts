import { readdirSync } from 'node:fs'
import { known } from '../base/known.ts'
import type { Left, MachineReadings } from '../model/instrument.ts'
import { descriptorLimits, ephemeralPorts } from './limits.ts'
import { wholeNumber } from './proc-text.ts'
import { type ReadText, readTextFile } from './read-text.ts'

/** The machine as it was when a load began. */
export interface MachineWatch {
  /** What happened since; `peakOpen` are the most streams that were open at one instant. */
  read(peakOpen: number): MachineReadings
}

/**
 * Watches the machine without a timer: what it counts before and after a load is enough. `port` is that which the load connects to: a
 * local port is taken for one destination only. Connections to the same port of other machines are counted too, so at most too many.
 */
export function watchMachine(
  port: number,
  readText: ReadText = readTextFile,
  openDescriptors = countDescriptors,
): MachineWatch {
  const before = counters(readText)
  const inTimeWait = timeWaitTo(port, readText)
  const openBefore = openDescriptors()
  return {
    read: (peakOpen) => {
      const after = counters(readText)
      const { soft = Number.POSITIVE_INFINITY } = descriptorLimits(readText('/proc/self/limits')) ?? {}
      const { first, last } = ephemeralPorts(readText('/proc/sys/net/ipv4/ip_local_port_range')) ?? {}
      return known({
        stealShare: stealShare(before.cpu, after.cpu),
        listenOverflows: difference(before.listenOverflows, after.listenOverflows),
        descriptors: openBefore === undefined || !Number.isFinite(soft) ? undefined : left(soft, openBefore + peakOpen),
        ports:
          first === undefined || last === undefined || inTimeWait === undefined
            ? undefined
            : left(last - first + 1, inTimeWait + peakOpen),
      })
    },
  }
}

interface Counters {
  readonly cpu: { readonly steal: number; readonly total: number } | undefined
  readonly listenOverflows: number | undefined
}

function counters(readText: ReadText): Counters {
  return {
    cpu: cpuTicks(readText('/proc/stat')),
    listenOverflows: extended(readText('/proc/net/netstat'), 'ListenOverflows'),
  }
}

/** Connections from here to a port that are in TIME_WAIT (state 06), of IPv4 and IPv6; undefined without /proc. */
function timeWaitTo(port: number, readText: ReadText): number | undefined {
  const waiting = new RegExp(`^ *\\d+: \\S+ [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, '0')} 06 `, 'gm')
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readText).filter((text) => text !== undefined)
  return tables.length === 0 ? undefined : tables.reduce((sum, table) => sum + (table.match(waiting)?.length ?? 0), 0)
}

/** proc(5): user nice system idle iowait irq softirq steal, of all CPUs; what guests took is in user already. */
function cpuTicks(stat: string | undefined): Counters['cpu'] {
  const ticks = /^cpu +([\d ]+)$/m
    .exec(stat ?? '')?.[1]
    ?.split(' ')
    .slice(0, 8)
    .map(Number)
  const steal = ticks?.[7]
  return ticks && steal !== undefined ? { steal, total: ticks.reduce((sum, each) => sum + each, 0) } : undefined
}

/** A counter of /proc/net/netstat: a line of names and below it one of values, both of which begin `TcpExt:`. */
function extended(netstat: string | undefined, name: string): number | undefined {
  const [names, values] = (netstat ?? '').split('\n').filter((line) => line.startsWith('TcpExt:'))
  const at = names?.split(' ').indexOf(name) ?? -1
  return at < 0 ? undefined : wholeNumber(values?.split(' ')[at])
}

function stealShare(before: Counters['cpu'], after: Counters['cpu']): number | undefined {
  if (!before || !after || after.total <= before.total) return undefined
  return Math.max(0, after.steal - before.steal) / (after.total - before.total)
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}

function left(limit: number, taken: number): Left {
  return { left: Math.max(0, limit - taken), limit }
}

/** Open descriptors of this process; undefined without /proc. */
function countDescriptors(): number | undefined {
  try {
    // One of them is the folder itself.
    return readdirSync('/proc/self/fd').length - 1
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}
