import type { InstrumentReadings, Pause } from '../model/instrument.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'

/** A part of the harness, and the pauses of its most paused thread during the load, in order of time. */
export interface PartPauses {
  /** `runner`, `mock`, or a proxy's name. */
  readonly part: string
  /** The thread, such as `runner 2 of 4`. */
  readonly thread: string
  /** Duration of the load, in ms. */
  readonly loadMs: number
  /** On the runner's clock. */
  readonly pauses: readonly Pause[]
  /** Longest pause of the thread's garbage collector, in ms. */
  readonly longestGcMs: number
}

/** Duration of a pause, in ms. */
export function pauseMs({ fromNs, toNs }: Pause): number {
  return (toNs - fromNs) / 1e6
}

/** What held up an event loop: its process was stopped, it had no CPU, or it was busy; unknown without CPU times. */
export type PauseCause = 'suspended' | 'no_cpu' | 'busy' | 'unknown'

/**
 * The time of a pause in which its thread neither ran nor waited for a CPU, from which its process was stopped: either limit is enough.
 * On a crowded virtual machine, whose hypervisor takes CPU time too, it is at most 61 % and 125 ms.
 */
const stoppedFrom = { share: 0.7, ms: 250 } as const

/** The cause of a pause: a stopped thread neither runs nor waits for a CPU. */
export function causeOf(pause: Pause): PauseCause {
  const { cpuMs, cpuWaitMs } = pause
  if (cpuMs === undefined || cpuWaitMs === undefined) return 'unknown'
  const stoppedMs = pauseMs(pause) - cpuMs - cpuWaitMs
  if (stoppedMs >= stoppedFrom.ms || stoppedMs >= stoppedFrom.share * pauseMs(pause)) return 'suspended'
  return cpuWaitMs > cpuMs ? 'no_cpu' : 'busy'
}

/** The pauses of runner, mock and our proxies that overlap the load. A part without readings is left out. */
export function partPausesOf(run: Run): readonly PartPauses[] {
  const { instrument, mock, records } = run
  const [fromNs, toNs] = loadOf(records)
  const loadMs = Math.max(0, toNs - fromNs) / 1e6
  const during = (pauses: readonly Pause[] = []) => pauses.filter((pause) => pause.toNs > fromNs && pause.fromNs < toNs)
  const mostPaused = (part: string, threads: readonly InstrumentReadings[] = [], offsetNs = 0): PartPauses[] =>
    threads
      .map(({ name, pauses, gc }) => {
        const shifted = pauses?.map((pause) => shift(pause, offsetNs))
        return { part, thread: name, loadMs, pauses: during(shifted), longestGcMs: gc.longestMs }
      })
      .sort((a, b) => totalMs(b.pauses) - totalMs(a.pauses))
      .slice(0, 1)
  return [
    ...mostPaused('runner', instrument?.runner),
    ...mostPaused('mock', mock?.instrument, run.mockClock?.offsetNs),
    ...(instrument?.proxies ?? []).map(({ name, pauses }) => {
      return { part: name, thread: name, loadMs, pauses: during(pauses), longestGcMs: 0 }
    }),
  ]
}

/** Sum of pauses, in ms. */
export function totalMs(pauses: readonly Pause[]): number {
  return pauses.reduce((sum, pause) => sum + pauseMs(pause), 0)
}

function loadOf(records: Run['records']): readonly [fromNs: number, toNs: number] {
  let [fromNs, toNs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { startedNs, endedNs } of records) {
    fromNs = Math.min(fromNs, startedNs)
    toNs = Math.max(toNs, endedNs)
  }
  return [fromNs, toNs]
}

function shift(pause: Pause, offsetNs: number): Pause {
  return { ...pause, fromNs: pause.fromNs - offsetNs, toNs: pause.toNs - offsetNs }
}

/** The time in which a run says nothing about the gateway. */
export interface Standstill {
  /** How much of an interval it covers, in ns. */
  overlapNs(fromNs: number, toNs: number): number
  /** The share of the load that it covers. */
  readonly share: number
}

/** Shortest time for which a part of the harness catches up after a pause, in ns. */
const minCatchUpNs = 100e6

/**
 * The intervals in which a thread of the runner, a process of the mock or one of our proxies was paused, each with the time to catch
 * up: as long again, because a load may keep the loop busy for half of the time. Pauses shorter than `leastMs` do not count.
 */
export function standstillOf(run: Run, leastMs = 0): Standstill {
  const offsetNs = run.mockClock?.offsetNs ?? 0
  const intervals = [
    ...(run.instrument?.runner ?? []).flatMap(({ pauses = [] }) => pauses),
    ...(run.mock?.instrument ?? []).flatMap(({ pauses = [] }) => pauses.map((pause) => shift(pause, offsetNs))),
    ...(run.instrument?.proxies ?? []).flatMap(({ pauses }) => pauses),
  ]
    .filter((pause) => pauseMs(pause) >= leastMs)
    .map(({ fromNs, toNs }) => ({ fromNs, toNs: toNs + Math.max(minCatchUpNs, toNs - fromNs) }))
  const merged = mergeIntervals(intervals)
  const overlapNs = (fromNs: number, toNs: number) =>
    merged.reduce((sum, part) => sum + Math.max(0, Math.min(toNs, part.toNs) - Math.max(fromNs, part.fromNs)), 0)
  const [fromNs, toNs] = loadOf(run.records)
  return { overlapNs, share: toNs > fromNs ? overlapNs(fromNs, toNs) / (toNs - fromNs) : 0 }
}

/** The largest gap of a stream, in ns, without the time in which the harness was paused. */
export function gatewayGapNs({ largestGapNs = 0, largestGapEndNs }: StreamRecord, standstill: Standstill): number {
  if (largestGapEndNs === undefined) return largestGapNs
  return largestGapNs - standstill.overlapNs(largestGapEndNs - largestGapNs, largestGapEndNs)
}

interface Interval {
  readonly fromNs: number
  readonly toNs: number
}

/** Joins intervals that overlap. */
function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const merged: { fromNs: number; toNs: number }[] = []
  for (const { fromNs, toNs } of intervals.toSorted((a, b) => a.fromNs - b.fromNs)) {
    const last = merged.at(-1)
    if (last && fromNs <= last.toNs) last.toNs = Math.max(last.toNs, toNs)
    else merged.push({ fromNs, toNs })
  }
  return merged
}
