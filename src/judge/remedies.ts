import type { InstrumentReadings } from '../model/instrument.ts'
import { causeOf, pauseMs, totalMs } from './pauses.ts'
import { timingLimits } from './timing-limits.ts'

/** What to do about each way in which the harness can limit a run: the last sentence of a reason. */
export const remedies = {
  keepRunning: 'Run again, and do not stop or freeze it during the load.',
  moreCpu: 'Stop other processes, give it more CPUs, or use fewer streams.',
  lessWork: 'Use fewer streams or a longer --delay-ms.',
  lessGarbage: 'Use fewer streams: the pauses come from short-lived objects, not from a lack of heap.',
  smallerYoungGeneration:
    'Run Node.js with --semi-space-growth-factor=1: the pauses come from a large young generation, not from a lack of heap.',
  fasterMemory:
    'Collecting such a small heap takes only a few ms: check for swapping and for processes that use its CPU.',
  largerHeap: 'Use fewer streams, or a larger heap (NODE_OPTIONS=--max-old-space-size=N).',
  anyDelay: 'Use fewer streams, or stop other programs that use the CPU.',
} as const

/** Mean pause of the garbage collector from which the young generation is too large, in ms. At 1 MiB: 3 to 5; at 16 MiB: 40 to 70. */
const largeYoungGenerationMs = 20

/** Whether a thread waited for a CPU for longer than it had one; false if this was not measured. */
function isStarved({ cpuMs, cpuWaitMs }: InstrumentReadings): boolean {
  return cpuMs !== undefined && cpuWaitMs !== undefined && cpuWaitMs > cpuMs
}

/** What to do about a late event loop: what explains at least half of its delay, or most of its time. */
export function delayRemedy(thread: InstrumentReadings): string {
  const { loopDelay, loopBusyShare, gc, pauses = [] } = thread
  const halfMs = (loopDelay?.totalMs ?? 0) / 2
  if (totalMs(pauses.filter((pause) => causeOf(pause) === 'suspended')) > halfMs) return remedies.keepRunning
  if (isStarved(thread)) return remedies.moreCpu
  if (gc.totalMs > halfMs) return gcRemedy(thread)
  return loopBusyShare >= 0.5 ? remedies.lessWork : remedies.anyDelay
}

/** What to do about a saturated event loop. Waiting for a CPU inside a callback counts as busy. */
export function busyRemedy(thread: InstrumentReadings): string {
  if (isStarved(thread)) return remedies.moreCpu
  return thread.gc.totalMs > (thread.loopBusyShare * thread.wallMs) / 2 ? gcRemedy(thread) : remedies.lessWork
}

/** What to do about pauses of the garbage collector. More heap helps only if much of it is in use. */
export function gcRemedy(thread: InstrumentReadings): string {
  const { gc, heapUsedBytes, heapLimitBytes } = thread
  const limits = timingLimits.gc
  if (heapUsedBytes >= limits.minHeap * heapLimitBytes) return remedies.largerHeap
  if (isStarved(thread)) return remedies.moreCpu
  if (gc.count < limits.minPauses) return remedies.fasterMemory
  return gc.totalMs / gc.count >= largeYoungGenerationMs ? remedies.smallerYoungGeneration : remedies.lessGarbage
}

/** What to do about a late schedule: what its threads suffered; `lessWork` if they only had too much to do. */
export function scheduleRemedy(threads: readonly InstrumentReadings[] | undefined, lessWork: string): string {
  const isStopped = ({ pauses = [] }: InstrumentReadings) =>
    pauses.some((pause) => causeOf(pause) === 'suspended' && pauseMs(pause) >= timingLimits.pause.suspect.longestMs)
  if (threads?.some(isStopped)) return remedies.keepRunning
  return threads?.some(isStarved) ? remedies.moreCpu : lessWork
}
