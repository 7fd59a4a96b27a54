import { millis, percent } from '../base/format.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { timingLimits } from './timing-limits.ts'
import { reasonAt, type TimingReason } from './timing-reason.ts'

/** Shares of the load, and of the thread's own CPU time. */
interface CpuWaitLimit {
  readonly ofLoad: number
  readonly ofCpu: number
}

/** What was wrong with one of our threads, by its own readings. */
export function threadReasons(readings: InstrumentReadings): readonly TimingReason[] {
  if (readings.wallMs <= 0) return []
  return [
    ...cpuWaitReasons(readings),
    ...loopDelayReasons(readings),
    ...loopBusyReasons(readings),
    ...gcReasons(readings),
    ...heapReasons(readings),
  ]
}

function cpuWaitReasons(readings: InstrumentReadings): readonly TimingReason[] {
  const { name, wallMs, cpuMs, cpuWaitMs, loopDelay } = readings
  if (cpuMs === undefined || cpuWaitMs === undefined || loopDelay === undefined) return []
  const { cpuWait } = timingLimits
  const [ofLoad, ofCpu] = [cpuWaitMs / wallMs, cpuWaitMs / Math.max(cpuMs, 1)]
  const said = (limits: readonly CpuWaitLimit[]) =>
    limits.map((limit) => `${percent(limit.ofLoad)} and ${limit.ofCpu} times`).join(', or ')
  return reasonAt(
    isKeptFromCpu(readings, cpuWait.invalid) && loopDelay.p50Ms >= cpuWait.loopP50Ms,
    isKeptFromCpu(readings, cpuWait.suspect),
    (at) =>
      `the ${name} was kept from the CPU for ${percent(ofLoad)} of the load, ${ofCpu.toFixed(1)} times as long as it ran (limits: ${said(cpuWait[at])}): other processes took it, or the ${name} is held to too few CPUs; end what else runs, or give it CPUs of its own`,
  )
}

/** Whether a thread waited for a CPU as long as any of the limits; not where nobody could measure it. */
function isKeptFromCpu({ wallMs, cpuMs, cpuWaitMs }: InstrumentReadings, limits: readonly CpuWaitLimit[]): boolean {
  if (cpuMs === undefined || cpuWaitMs === undefined) return false
  return limits.some(({ ofLoad, ofCpu }) => cpuWaitMs >= ofLoad * wallMs && cpuWaitMs >= ofCpu * Math.max(cpuMs, 1))
}

function loopDelayReasons({ name, wallMs, loopDelay }: InstrumentReadings): readonly TimingReason[] {
  if (loopDelay === undefined) return []
  const { p50Ms, p99Ms, maxMs, totalMs } = loopDelay
  const limits = timingLimits.loopDelay
  const share = totalMs / wallMs
  const isHeld = share >= limits.stopped.share && p99Ms >= limits.stopped.p99Ms
  return reasonAt(p50Ms >= limits.invalid.p50Ms || isHeld, p99Ms >= limits.suspect.p99Ms, (at) => {
    const limit =
      at === 'suspect'
        ? `p99 ${limits.suspect.p99Ms} ms`
        : `p50 ${limits.invalid.p50Ms} ms, or ${percent(limits.stopped.share)} of the load`
    return `the ${name}'s event loop was late: p50 ${millis(p50Ms)}, p99 ${millis(p99Ms)}, at most ${millis(maxMs)}, ${percent(share)} of the load in all (limit: ${limit}): it was busy or stopped; ask for fewer streams, or free its CPU`
  })
}

function loopBusyReasons({ name, loopBusyShare, loopDelay }: InstrumentReadings): readonly TimingReason[] {
  if (loopDelay === undefined) return []
  const { loopBusy } = timingLimits
  const isAt = (limit: { readonly share: number; readonly p50Ms: number }) =>
    loopBusyShare >= limit.share && loopDelay.p50Ms >= limit.p50Ms
  return reasonAt(
    isAt(loopBusy.invalid),
    isAt(loopBusy.suspect),
    (at) =>
      `the ${name} had as much to do as it could: its event loop was busy for ${percent(loopBusyShare)} of the load, with a delay of p50 ${millis(loopDelay.p50Ms)} (limits: ${percent(loopBusy[at].share)} and ${loopBusy[at].p50Ms} ms): ask for fewer streams, or a longer --delay-ms`,
  )
}

function gcReasons(readings: InstrumentReadings): readonly TimingReason[] {
  const { name, wallMs, gc, heapUsedBytes, heapLimitBytes } = readings
  const { gc: limits, cpuWait } = timingLimits
  const share = gc.totalMs / wallMs
  // Pauses of a thread that is kept from the CPU are long by others' doing.
  const isOwn = heapUsedBytes >= limits.leastHeap * heapLimitBytes || !isKeptFromCpu(readings, cpuWait.suspect)
  return reasonAt(
    (share >= limits.invalid.share && gc.count >= limits.leastPauses && isOwn) ||
      gc.longestMs >= limits.invalid.longestMs,
    share >= limits.suspect.share || gc.longestMs >= limits.suspect.longestMs,
    (at) =>
      `the ${name}'s garbage collector took ${percent(share)} of the load in ${gc.count} pauses, the longest of ${millis(gc.longestMs)} (limits: ${percent(limits[at].share)}, ${limits[at].longestMs} ms), with ${heapText(heapUsedBytes, heapLimitBytes)} of heap: give it more (NODE_OPTIONS=--max-old-space-size=N), or ask for fewer streams`,
  )
}

function heapReasons({ name, heapUsedBytes, heapLimitBytes }: InstrumentReadings): readonly TimingReason[] {
  const { heap } = timingLimits
  const share = heapUsedBytes / heapLimitBytes
  return reasonAt(
    share >= heap.invalid,
    share >= heap.suspect,
    (at) =>
      `the ${name}'s heap is nearly full: ${heapText(heapUsedBytes, heapLimitBytes)} (limit: ${percent(heap[at])}): give it more (NODE_OPTIONS=--max-old-space-size=N), or ask for fewer streams`,
  )
}

function heapText(usedBytes: number, limitBytes: number): string {
  return `${Math.round(usedBytes / 2 ** 20)} of ${Math.round(limitBytes / 2 ** 20)} MiB`
}
