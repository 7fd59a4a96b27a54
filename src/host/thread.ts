import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { InstrumentReadings, LoopDelay } from '../model/instrument.ts'
import { readCpuTimes, watchPauses } from './pauses.ts'

/** Timer interval with which the event loop's delay is measured, in ms. */
const everyMs = 20

/** A thread's measurement of itself. */
export interface ThreadWatch {
  /** What was measured since the start, or since the last restart. */
  read(): InstrumentReadings
  /** Discards everything measured so far. */
  restart(): void
  stop(): void
}

/** Measures the calling thread: event loop, heap and CPU time. Does not keep the process alive. */
export function watchThread(name: string): ThreadWatch {
  const delay = monitorEventLoopDelay({ resolution: everyMs })
  const pauses = watchPauses()
  let base = start()
  const takeGc = (pauses: readonly { readonly duration: number }[]) => {
    if (pauses.length === 0) return
    const { gc } = base
    for (const { duration } of pauses) {
      gc.count++
      gc.totalMs += duration
      gc.longestMs = Math.max(gc.longestMs, duration)
    }
    base.heapUsedBytes = Math.max(base.heapUsedBytes, getHeapStatistics().used_heap_size)
  }
  const observer = new PerformanceObserver((list) => takeGc(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  delay.enable()
  return {
    read: () => {
      takeGc(observer.takeRecords())
      const { startMs, loop, cpu, gc, heapUsedBytes } = base
      const now = readCpuTimes()
      const heap = getHeapStatistics()
      return {
        name,
        wallMs: performance.now() - startMs,
        loopDelay: delay.count === 0 ? undefined : loopDelay(delay),
        loopBusyShare: performance.eventLoopUtilization(loop).utilization,
        gc: { ...gc },
        cpuMs: cpu && now && now.cpuMs - cpu.cpuMs,
        cpuWaitMs: cpu && now && now.waitMs - cpu.waitMs,
        heapUsedBytes: Math.max(heapUsedBytes, heap.used_heap_size),
        heapLimitBytes: heap.heap_size_limit,
        pauses: pauses.read(),
      }
    },
    restart: () => {
      observer.takeRecords()
      delay.reset()
      pauses.restart()
      base = start()
    },
    stop: () => {
      observer.disconnect()
      delay.disable()
      pauses.stop()
    },
  }
}

function start() {
  return {
    startMs: performance.now(),
    loop: performance.eventLoopUtilization(),
    cpu: readCpuTimes(),
    gc: { count: 0, totalMs: 0, longestMs: 0 },
    heapUsedBytes: 0,
  }
}

/** The event loop's delay. Node's figures include the timer's own interval, which is subtracted here. */
function loopDelay(delay: ReturnType<typeof monitorEventLoopDelay>): LoopDelay {
  const late = (ns: number) => Math.max(0, ns / 1e6 - everyMs)
  return {
    p50Ms: late(delay.percentile(50)),
    p99Ms: late(delay.percentile(99)),
    maxMs: late(delay.max),
    totalMs: late(delay.mean) * delay.count,
  }
}
