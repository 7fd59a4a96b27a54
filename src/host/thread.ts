import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { known } from '../base/known.ts'
import type { InstrumentReadings, LoopDelay } from '../model/instrument.ts'
import { readTextFile } from './read-text.ts'

/** The timer by which the loop's delay is measured, in ms. */
const everyMs = 20

/** A thread that watches itself. */
export interface ThreadWatch {
  /** What was measured since it began, or began anew. */
  read(): InstrumentReadings
  /** Forgets all before. */
  restart(): void
  stop(): void
}

/** Watches the thread that calls it: its loop, its heap, and the CPU that it gets. Neither timer nor observer keeps it alive. */
export function watchThread(name: string): ThreadWatch {
  const delay = monitorEventLoopDelay({ resolution: everyMs })
  let begun = begin()
  const takeGc = (pauses: readonly { readonly duration: number }[]) => {
    if (pauses.length === 0) return
    const { gc } = begun
    for (const { duration } of pauses) {
      gc.count++
      gc.totalMs += duration
      gc.longestMs = Math.max(gc.longestMs, duration)
    }
    begun.heapUsedBytes = Math.max(begun.heapUsedBytes, getHeapStatistics().used_heap_size)
  }
  const observer = new PerformanceObserver((list) => takeGc(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  delay.enable()
  return {
    read: () => {
      takeGc(observer.takeRecords())
      const { startMs, loop, cpu, gc, heapUsedBytes } = begun
      const now = cpuTimes()
      const heap = getHeapStatistics()
      return known({
        name,
        wallMs: performance.now() - startMs,
        loopDelay: delay.count === 0 ? undefined : loopDelay(delay),
        loopBusyShare: performance.eventLoopUtilization(loop).utilization,
        gc: { ...gc },
        cpuMs: cpu && now && now.cpuMs - cpu.cpuMs,
        cpuWaitMs: cpu && now && now.waitMs - cpu.waitMs,
        heapUsedBytes: Math.max(heapUsedBytes, heap.used_heap_size),
        heapLimitBytes: heap.heap_size_limit,
      })
    },
    restart: () => {
      observer.takeRecords()
      delay.reset()
      begun = begin()
    },
    stop: () => {
      observer.disconnect()
      delay.disable()
    },
  }
}

function begin() {
  return {
    startMs: performance.now(),
    loop: performance.eventLoopUtilization(),
    cpu: cpuTimes(),
    gc: { count: 0, totalMs: 0, longestMs: 0 },
    heapUsedBytes: 0,
  }
}

/** Node counts the timer's own time too. */
function loopDelay(delay: ReturnType<typeof monitorEventLoopDelay>): LoopDelay {
  const late = (ns: number) => Math.max(0, ns / 1e6 - everyMs)
  return {
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    maxMs: late(delay.max),
    totalMs: late(delay.mean) * delay.count,
  }
}

/** On the CPU, and ready but waiting for one (Linux, Documentation/scheduler/sched-stats.rst). */
function cpuTimes(): { readonly cpuMs: number; readonly waitMs: number } | undefined {
  const [, cpuNs, waitNs] = /^(\d+) (\d+)/.exec(readTextFile('/proc/thread-self/schedstat') ?? '') ?? []
  return cpuNs === undefined || waitNs === undefined
    ? undefined
    : { cpuMs: Number(cpuNs) / 1e6, waitMs: Number(waitNs) / 1e6 }
}
