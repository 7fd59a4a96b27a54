import { nowNs } from '../base/clock.ts'
import { Samples } from '../base/samples.ts'
import type { ContainerCost, GatewayCost } from '../model/gateway.ts'
import { type ContainerReading, readControlGroup } from './cgroup.ts'
import { readTextFile } from './proc.ts'
import { type ProcessReading, readProcessTree } from './process-tree.ts'

/** The gateway's process as seen from here, and whether it runs in its own container. */
export interface GatewayProcess {
  readonly pid: number
  readonly inContainer: boolean
  /** A process in that container that outlives the gateway, so that the control group can be read after the gateway ends. */
  readonly keeperPid?: number
}

/** One reading of the gateway's resource use. */
export interface Reading extends Partial<ProcessReading> {
  readonly container?: ContainerReading
}

/** Interval between readings during a load, in ms; each takes some 50 us. */
const everyMs = 250

/** What a gateway used over time. */
export interface CostOverTime {
  /** CPU time so far, in s. */
  readonly cpuS: Samples
  readonly memoryBytes: Samples
}

/** A running meter. */
interface Meter extends CostOverTime {
  /** Stops, and returns what the gateway used since the start; undefined if its process could not be read. */
  readonly stop: () => GatewayCost | undefined
}

/** A meter whose last reading is asynchronous. */
export interface AsyncMeter extends CostOverTime {
  readonly stop: () => Promise<GatewayCost | undefined>
}

/** Starts to measure the CPU time, memory and descriptors that a gateway uses. */
export function startMeter(
  { pid, inContainer, keeperPid }: GatewayProcess,
  hasOwnControlGroup: (pid: number) => boolean = isInAnotherGroup,
): Meter {
  const containerPids = inContainer && hasOwnControlGroup(pid) ? [pid, keeperPid].filter((id) => id !== undefined) : []
  const read = (): Reading | undefined => {
    const process = readProcessTree(pid)
    const container = firstDefined(containerPids, (id) => readControlGroup(`/proc/${id}/root`))
    return process || container ? { ...process, container } : undefined
  }
  const readings = new Readings()
  const take = () => {
    const reading = read()
    if (reading) readings.add(reading)
  }
  take()
  const timer = setInterval(take, everyMs).unref()
  return {
    cpuS: readings.cpuS,
    memoryBytes: readings.memoryBytes,
    stop: () => {
      clearInterval(timer)
      take()
      return readings.cost()
    },
  }
}

/** Whether a process is in another control group than this one. In rootless Docker with cgroup v1, no container has its own. */
function isInAnotherGroup(pid: number): boolean {
  return readTextFile(`/proc/${pid}/cgroup`) !== readTextFile('/proc/self/cgroup')
}

/** Readings of a gateway's resource use, reduced as they are added: a meter may run for hours. */
export class Readings implements CostOverTime {
  readonly cpuS = new Samples()
  readonly memoryBytes = new Samples()
  #first: Reading | undefined
  #last: Reading | undefined
  /** The container of a gateway that has ended can still be read. */
  #lastOfProcess: Reading | undefined
  #memoryPeakBytes: number | undefined
  #descriptorsPeak: number | undefined

  /** Adds a reading that was taken now. */
  add(reading: Reading): void {
    const { cpuS, memoryBytes, memoryPeakBytes, descriptors } = reading
    if (this.#first) this.#last = reading
    this.#first ??= reading
    if (cpuS !== undefined) this.#lastOfProcess = reading
    this.#memoryPeakBytes = highest([this.#memoryPeakBytes, memoryBytes, memoryPeakBytes])
    this.#descriptorsPeak = highest([this.#descriptorsPeak, descriptors])
    const now = nowNs()
    this.cpuS.add(now, cpuS)
    this.memoryBytes.add(now, memoryBytes)
  }

  /** What was used between the first reading and the last; undefined for fewer than two readings. */
  cost(): GatewayCost | undefined {
    const [first, last] = [this.#first, this.#last]
    if (first === undefined || last === undefined) return undefined
    const container = first.container && last.container && containerCost(first.container, last.container)
    const lastOfProcess = this.#lastOfProcess ?? last
    return {
      cpuS: difference(first.cpuS, lastOfProcess.cpuS),
      memoryBeforeBytes: first.memoryBytes,
      memoryPeakBytes: this.#memoryPeakBytes,
      memoryAfterBytes: lastOfProcess.memoryBytes,
      descriptorsBefore: first.descriptors,
      descriptorsPeak: this.#descriptorsPeak,
      descriptorsAfter: lastOfProcess.descriptors,
      container,
    }
  }
}

function containerCost(first: ContainerReading, last: ContainerReading): ContainerCost {
  return {
    cpuS: difference(first.cpuS, last.cpuS),
    memoryPeakBytes: last.memoryPeakBytes,
    memoryLimitBytes: last.memoryLimitBytes,
    cpuLimit: last.cpuLimit,
    periods: difference(first.periods, last.periods),
    throttledPeriods: difference(first.throttledPeriods, last.throttledPeriods),
    throttledS: difference(first.throttledS, last.throttledS),
    oomKills: difference(first.oomKills, last.oomKills),
  }
}

function firstDefined<T, R>(values: readonly T[], read: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const result = read(value)
    if (result !== undefined) return result
  }
  return undefined
}

function difference(first: number | undefined, last: number | undefined): number | undefined {
  return first === undefined || last === undefined ? undefined : last - first
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const measured = values.filter((value) => value !== undefined)
  return measured.length === 0 ? undefined : Math.max(...measured)
}
