import { known } from '../base/known.ts'
import type { ContainerCost, GatewayCost } from '../model/run.ts'
import { type ContainerReading, readControlGroup } from './cgroup.ts'
import { type ProcessReading, readProcessTree } from './process-tree.ts'

/** The gateway's process as seen from here, and whether it runs in a container of its own. */
export interface GatewayProcess {
  readonly pid: number
  readonly inContainer: boolean
  /** A process of that container that outlives the gateway, for a last look at what the kernel did to it. */
  readonly keeperPid?: number
}

/** One look at the gateway. */
export interface Reading extends Partial<ProcessReading> {
  readonly container?: ContainerReading
}

/** How often memory and descriptors are looked at during a load, in ms: some 50 us each time. */
const everyMs = 250

/** A meter that runs. */
export interface Meter {
  /** Stops, and says what the gateway took since it was started; undefined where its process could not be read. */
  readonly stop: () => GatewayCost | undefined
}

/** A meter whose last look takes a moment, as it asks another process. */
export interface LaterMeter {
  readonly stop: () => Promise<GatewayCost | undefined>
}

/** Starts to measure what a gateway takes. */
export function startMeter({ pid, inContainer, keeperPid }: GatewayProcess): Meter {
  const rootsOf = inContainer ? [pid, keeperPid].filter((one) => one !== undefined) : []
  const look = (): Reading | undefined => {
    const process = readProcessTree(pid)
    const container = firstOf(rootsOf, (one) => readControlGroup(`/proc/${one}/root`))
    return process || container ? known({ ...process, container }) : undefined
  }
  const readings: Reading[] = []
  const take = () => {
    const reading = look()
    if (reading) readings.push(reading)
  }
  take()
  const timer = setInterval(take, everyMs).unref()
  return {
    stop: () => {
      clearInterval(timer)
      take()
      return costOf(readings)
    },
  }
}

/** What was taken between the first reading and the last; undefined without two of them. */
export function costOf(readings: readonly Reading[]): GatewayCost | undefined {
  const [first, last] = [readings[0], readings.at(-1)]
  if (first === undefined || last === undefined || first === last) return undefined
  const container = first.container && last.container && containerCost(first.container, last.container)
  // A gateway that ended leaves a container that can still be read.
  const lastOfProcess = readings.findLast(({ cpuS }) => cpuS !== undefined) ?? last
  const memoryPeak = highest(readings.flatMap(({ memoryBytes, memoryPeakBytes }) => [memoryBytes, memoryPeakBytes]))
  return known({
    cpuS: difference(first.cpuS, lastOfProcess.cpuS),
    memoryBeforeBytes: first.memoryBytes,
    memoryPeakBytes: memoryPeak,
    memoryAfterBytes: lastOfProcess.memoryBytes,
    descriptorsBefore: first.descriptors,
    descriptorsPeak: highest(readings.map(({ descriptors }) => descriptors)),
    descriptorsAfter: lastOfProcess.descriptors,
    container,
  })
}

function containerCost(first: ContainerReading, last: ContainerReading): ContainerCost {
  return known({
    cpuS: difference(first.cpuS, last.cpuS),
    memoryPeakBytes: last.memoryPeakBytes,
    memoryLimitBytes: last.memoryLimitBytes,
    cpuLimit: last.cpuLimit,
    periods: difference(first.periods, last.periods),
    throttledPeriods: difference(first.throttledPeriods, last.throttledPeriods),
    throttledS: difference(first.throttledS, last.throttledS),
    oomKills: difference(first.oomKills, last.oomKills),
  })
}

function firstOf<T, R>(values: readonly T[], read: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = read(value)
    if (found !== undefined) return found
  }
  return undefined
}

function difference(first: number | undefined, last: number | undefined): number | undefined {
  return first === undefined || last === undefined ? undefined : last - first
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
