import { counted, millis, percent } from '../base/format.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { busyRemedy, delayRemedy, gcRemedy, remedies } from './remedies.ts'
import { type TimingCheck, worst } from './timing-check.ts'
import { timingLimits } from './timing-limits.ts'

/** Time waiting for a CPU, as a share of the load and as a multiple of the thread's own CPU time. */
interface CpuWaitLimit {
  readonly ofLoad: number
  readonly ofCpu: number
}

const { cpuWait, loopDelay: delayLimits, loopBusy, gc: gcLimits, heap } = timingLimits

/** What can limit a thread of the runner or a process of the mock, by its own readings. */
export const threadChecks: readonly TimingCheck<InstrumentReadings>[] = [
  {
    id: 'cpu_wait',
    state: (readings) =>
      readings.loopDelay &&
      worst(
        isKeptFromCpu(readings, cpuWait.invalid) && readings.loopDelay.p50Ms >= cpuWait.loopP50Ms,
        isKeptFromCpu(readings, cpuWait.suspect),
      ),
    sentence: ({ name, wallMs, cpuMs = 0, cpuWaitMs = 0 }, state) => {
      const limits = cpuWait[state].map(({ ofLoad, ofCpu }) => `${percent(ofLoad)} and ${ofCpu} times`)
      const wait = `${percent(cpuWaitMs / wallMs)} of the load, ${(cpuWaitMs / Math.max(cpuMs, 1)).toFixed(1)} times`
      return `The ${name} waited for a CPU for ${wait} its own CPU time (limit ${limits.join(', or ')}). ${remedies.moreCpu}`
    },
  },
  {
    id: 'loop_delay',
    state: ({ loopDelay, wallMs }) => {
      if (loopDelay === undefined) return undefined
      const { p50Ms, p99Ms, totalMs } = loopDelay
      const isStopped = totalMs / wallMs >= delayLimits.stopped.share && p99Ms >= delayLimits.stopped.p99Ms
      return worst(p50Ms >= delayLimits.invalid.p50Ms || isStopped, p99Ms >= delayLimits.suspect.p99Ms)
    },
    sentence: (thread, state) => {
      const { name, wallMs, loopDelay } = thread
      const { p50Ms = 0, p99Ms = 0, maxMs = 0, totalMs = 0 } = loopDelay ?? {}
      const limit =
        state === 'suspect'
          ? `p99 ${delayLimits.suspect.p99Ms} ms`
          : `p50 ${delayLimits.invalid.p50Ms} ms, or ${percent(delayLimits.stopped.share)} of the load`
      const delays = `p50 ${millis(p50Ms)}, p99 ${millis(p99Ms)}, max ${millis(maxMs)}, ${percent(totalMs / wallMs)} of the load`
      return `The ${name}'s event loop was late: ${delays} (limit ${limit}). ${delayRemedy(thread)}`
    },
  },
  {
    id: 'loop_busy',
    state: (readings) => worst(isSaturated(readings, loopBusy.invalid), isSaturated(readings, loopBusy.suspect)),
    sentence: (thread, state) => {
      const { name, loopBusyShare, loopDelay } = thread
      const { share, p50Ms } = loopBusy[state]
      const delay = `median delay ${millis(loopDelay?.p50Ms ?? 0)}`
      return `The ${name} was saturated: event loop ${percent(loopBusyShare)} busy, ${delay} (limit ${percent(share)} and ${p50Ms} ms). ${busyRemedy(thread)}`
    },
  },
  {
    id: 'garbage_collection',
    state: (readings) => {
      const { wallMs, gc, heapUsedBytes, heapLimitBytes } = readings
      const share = gc.totalMs / wallMs
      // If a thread waits for a CPU, its long pauses are not caused by garbage collection alone.
      const isOwn = heapUsedBytes >= gcLimits.minHeap * heapLimitBytes || !isKeptFromCpu(readings, cpuWait.suspect)
      return worst(
        (share >= gcLimits.invalid.share && gc.count >= gcLimits.minPauses && isOwn) ||
          gc.longestMs >= gcLimits.invalid.longestMs,
        share >= gcLimits.suspect.share || gc.longestMs >= gcLimits.suspect.longestMs,
      )
    },
    sentence: (thread, state) => {
      const { name, wallMs, gc } = thread
      const pauses = `${percent(gc.totalMs / wallMs)} of the load (${counted(gc.count, 'pause')}, longest ${millis(gc.longestMs)}`
      const limit = `limit ${percent(gcLimits[state].share)} or ${gcLimits[state].longestMs} ms`
      return `Garbage collection took ${pauses}; ${limit}) in the ${name}, with ${heapText(thread)} of heap. ${gcRemedy(thread)}`
    },
  },
  {
    id: 'heap',
    state: ({ heapUsedBytes, heapLimitBytes }) => {
      const share = heapUsedBytes / heapLimitBytes
      return worst(share >= heap.invalid, share >= heap.suspect)
    },
    sentence: ({ name, ...memory }, state) =>
      `The ${name}'s heap is nearly full: ${heapText(memory)} (limit ${percent(heap[state])}). ${remedies.largerHeap}`,
  },
]

/** Whether a thread waited for a CPU as long as one of the limits; false if this was not measured. */
function isKeptFromCpu({ wallMs, cpuMs, cpuWaitMs }: InstrumentReadings, limits: readonly CpuWaitLimit[]): boolean {
  if (cpuMs === undefined || cpuWaitMs === undefined) return false
  return limits.some(({ ofLoad, ofCpu }) => cpuWaitMs >= ofLoad * wallMs && cpuWaitMs >= ofCpu * Math.max(cpuMs, 1))
}

function isSaturated(
  { loopBusyShare, loopDelay }: InstrumentReadings,
  limit: { readonly share: number; readonly p50Ms: number },
): boolean {
  return loopDelay !== undefined && loopBusyShare >= limit.share && loopDelay.p50Ms >= limit.p50Ms
}

function heapText({ heapUsedBytes, heapLimitBytes }: Pick<InstrumentReadings, 'heapUsedBytes' | 'heapLimitBytes'>) {
  return `${Math.round(heapUsedBytes / 2 ** 20)} of ${Math.round(heapLimitBytes / 2 ** 20)} MiB`
}
