import { nowNs } from '../base/clock.ts'
import type { Pause } from '../model/instrument.ts'
import { readSampledFile } from './proc.ts'

/** Interval of the timer that detects pauses, in ms. */
const everyMs = 20

/** Shorter pauses are not recorded, in ms. */
const minPauseMs = 100

/** Maximum number of pauses kept; the shortest are dropped first. */
export const maxPauses = 200

/** Time on a CPU, and time ready but waiting for one, since the thread started, in ms. */
interface CpuTimes {
  readonly cpuMs: number
  readonly waitMs: number
}

/** The pauses of one event loop. */
interface PauseRecorder {
  /** Records a timer tick at `atNs`, with the thread's CPU times if they are known. */
  tick(atNs: number, cpu: CpuTimes | undefined): void
  /** The longest pauses since the start or the last restart, in order of time. */
  read(): readonly Pause[]
  restart(atNs: number, cpu: CpuTimes | undefined): void
}

/** Records each interval of at least 100 ms between two ticks. */
export function createPauseRecorder(
  startNs: number,
  startCpu: CpuTimes | undefined,
  onPause: (pause: Pause) => void = () => undefined,
): PauseRecorder {
  let [lastNs, lastCpu] = [startNs, startCpu]
  let pauses: Pause[] = []
  return {
    tick: (atNs, cpu) => {
      if (atNs - lastNs >= minPauseMs * 1e6) {
        const pause = {
          fromNs: lastNs,
          toNs: atNs,
          cpuMs: cpu && lastCpu && Math.max(0, cpu.cpuMs - lastCpu.cpuMs),
          cpuWaitMs: cpu && lastCpu && Math.max(0, cpu.waitMs - lastCpu.waitMs),
        }
        pauses.push(pause)
        if (pauses.length >= 2 * maxPauses) pauses = longest(pauses)
        onPause(pause)
      }
      ;[lastNs, lastCpu] = [atNs, cpu]
    },
    read: () => longest(pauses),
    restart: (atNs, cpu) => {
      ;[lastNs, lastCpu] = [atNs, cpu]
      pauses = []
    },
  }
}

function longest(pauses: readonly Pause[]): Pause[] {
  return pauses
    .toSorted((a, b) => b.toNs - b.fromNs - (a.toNs - a.fromNs))
    .slice(0, maxPauses)
    .sort((a, b) => a.fromNs - b.fromNs)
}

/** The recording of the calling thread's pauses. */
interface PauseWatch {
  /** The longest pauses so far, in order of time; one that has just ended is included. */
  read(): readonly Pause[]
  /** Discards everything recorded so far. */
  restart(): void
  stop(): void
}

/**
 * Records the pauses of the calling thread's event loop. When a stopped process continues, its timers are the first to run, so a
 * pause is recorded before the data that waited for its end. Does not keep the process alive.
 */
export function watchPauses(onPause?: (pause: Pause) => void): PauseWatch {
  const recorder = createPauseRecorder(nowNs(), readCpuTimes(), onPause)
  const tick = () => recorder.tick(nowNs(), readCpuTimes())
  const timer = setInterval(tick, everyMs).unref()
  let isStopped = false
  return {
    read: () => {
      if (!isStopped) tick()
      return recorder.read()
    },
    restart: () => recorder.restart(nowNs(), readCpuTimes()),
    stop: () => {
      if (!isStopped) tick()
      isStopped = true
      clearInterval(timer)
    },
  }
}

/** The calling thread's CPU times (Linux, Documentation/scheduler/sched-stats.rst); undefined without scheduler statistics. */
export function readCpuTimes(): CpuTimes | undefined {
  const [, cpuNs, waitNs] = /^(\d+) (\d+)/.exec(readSampledFile('/proc/thread-self/schedstat') ?? '') ?? []
  return cpuNs === undefined || waitNs === undefined
    ? undefined
    : { cpuMs: Number(cpuNs) / 1e6, waitMs: Number(waitNs) / 1e6 }
}
