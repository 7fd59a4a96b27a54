import { readdirSync } from 'node:fs'
import type { Instrument, InstrumentReadings, Left, MachineReadings } from '../model/instrument.ts'
import { descriptorLimits, ephemeralPorts } from './limits.ts'
import { type ReadText, readTextFile, wholeNumber } from './proc.ts'
import { readTcpSockets, tcpState } from './sockets.ts'
import { type Clocks, machineClocks, watchSuspension } from './suspension.ts'
import { watchThread } from './thread.ts'

/** The harness's measurement of itself during a load. */
interface SelfCheck {
  /** Stops the measurement when the load ends, successfully or not. */
  end(): void
  /** What was measured until the end; `threads` are the self-measurements of the runner's other threads. */
  read(peakOpen: number, threads?: readonly InstrumentReadings[]): Instrument
}

/** Starts to measure the calling thread and this machine, during a load that connects to `port`. */
export function startSelfCheck(port: number): SelfCheck {
  const machine = watchMachine(port)
  const thread = watchThread('runner')
  let readings: InstrumentReadings | undefined
  const end = () => {
    readings ??= thread.read()
    thread.stop()
  }
  return {
    end,
    read: (peakOpen, threads = []) => {
      end()
      return { runner: [...(readings ? [readings] : []), ...threads], machine: machine.read(peakOpen) }
    },
  }
}

/** The machine as it was when a load started. */
interface MachineWatch {
  /** Returns what has changed since the start; `peakOpen` is the highest number of streams open at once. */
  read(peakOpen: number): MachineReadings
}

/**
 * Compares the machine's counters before and after a load, without a timer. `port` is the port that the load connects to: a
 * local port is taken for one destination only. Connections to the same port of other machines count too, so the number of
 * ports in use is an upper bound.
 */
export function watchMachine(
  port: number,
  readText: ReadText = readTextFile,
  openDescriptors = countDescriptors,
  clocks: Clocks = machineClocks(readText),
): MachineWatch {
  const before = readCounters(readText)
  const waiting = readTcpSockets('self', readText)?.filter(
    ({ state, remotePort }) => state === tcpState.timeWait && remotePort === port,
  ).length
  const openBefore = openDescriptors()
  const suspendedMs = watchSuspension(clocks)
  return {
    read: (peakOpen) => {
      const suspended = suspendedMs()
      const after = readCounters(readText)
      const limit = descriptorLimits(readText('/proc/self/limits'))?.soft
      const range = ephemeralPorts(readText('/proc/sys/net/ipv4/ip_local_port_range'))
      const ports = range && range.last - range.first + 1
      return {
        stealShare: stealShare(before.cpu, after.cpu),
        cpu: cpuTime(before.cpu, after.cpu),
        listenOverflows: difference(before.listenOverflows, after.listenOverflows),
        descriptors: limit === Number.POSITIVE_INFINITY ? undefined : left(limit, openBefore, peakOpen),
        ports: left(ports, waiting, peakOpen),
        suspendedMs: suspended,
      }
    },
  }
}

interface Counters {
  readonly cpu: { readonly steal: number; readonly used: number; readonly total: number } | undefined
  readonly listenOverflows: number | undefined
}

function readCounters(readText: ReadText): Counters {
  return {
    cpu: cpuTicks(readText('/proc/stat')),
    listenOverflows: tcpCounter(readText('/proc/net/netstat'), 'ListenOverflows'),
  }
}

/** proc(5): user nice system idle iowait irq softirq steal, summed over all CPUs; guest time is already part of user. */
function cpuTicks(stat: string | undefined): Counters['cpu'] {
  const ticks = /^cpu +(\d[\d ]*)$/m
    .exec(stat ?? '')?.[1]
    ?.split(' ')
    .slice(0, 8)
    .map(Number)
  const [idle, waiting, steal] = [ticks?.[3], ticks?.[4], ticks?.[7]]
  if (!ticks || idle === undefined || waiting === undefined || steal === undefined) return undefined
  const total = ticks.reduce((sum, value) => sum + value, 0)
  return { steal, used: total - idle - waiting - steal, total }
}

/** A counter of /proc/net/netstat: a line of names followed by a line of values, both starting with `TcpExt:`. */
function tcpCounter(netstat: string | undefined, name: string): number | undefined {
  const [names, values] = (netstat ?? '').split('\n').filter((line) => line.startsWith('TcpExt:'))
  const at = names?.split(' ').indexOf(name) ?? -1
  return at < 0 ? undefined : wholeNumber(values?.split(' ')[at])
}

function stealShare(before: Counters['cpu'], after: Counters['cpu']): number | undefined {
  if (!before || !after || after.total <= before.total) return undefined
  // A counter of idle time may run backwards on its own (proc(5)), so that the parts exceed their sum.
  return Math.min(1, Math.max(0, after.steal - before.steal) / (after.total - before.total))
}

/** Ticks of /proc/stat per second, on every machine. */
const ticksPerS = 100

function cpuTime(before: Counters['cpu'], after: Counters['cpu']): MachineReadings['cpu'] {
  if (!before || !after || after.total <= before.total) return undefined
  return { usedS: Math.max(0, after.used - before.used) / ticksPerS, totalS: (after.total - before.total) / ticksPerS }
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}

function left(limit: number | undefined, usedBefore: number | undefined, peakOpen: number): Left | undefined {
  if (limit === undefined || usedBefore === undefined) return undefined
  return { left: Math.max(0, limit - usedBefore - peakOpen), limit }
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
