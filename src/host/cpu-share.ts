import { type ReadText, readTextFile } from './proc.ts'

/**
 * Starts to measure how busy all CPUs of this machine are together, with any process. The result is a share of their time, between
 * 0 and 1; undefined if it cannot be measured, or if less time has passed than /proc/stat can resolve.
 */
export function watchCpuShare(readText: ReadText = readTextFile): () => number | undefined {
  const before = readTicks(readText)
  return () => {
    const after = readTicks(readText)
    if (!before || !after || after.total - before.total < fewestTicks) return undefined
    // A counter of idle time may run backwards (proc(5)).
    return Math.min(1, Math.max(0, 1 - (after.idle - before.idle) / (after.total - before.total)))
  }
}

/** A tick is 10 ms; below this number the share is too coarse. */
const fewestTicks = 10

/** proc(5): user nice system idle iowait irq softirq steal, summed over all CPUs; guest time is already part of user. */
function readTicks(readText: ReadText): { readonly idle: number; readonly total: number } | undefined {
  const ticks = /^cpu +(\d[\d ]*)$/m
    .exec(readText('/proc/stat') ?? '')?.[1]
    ?.split(' ')
    .slice(0, 8)
    .map(Number)
  const [idle, waiting] = [ticks?.[3], ticks?.[4]]
  if (!ticks || idle === undefined || waiting === undefined) return undefined
  return { idle: idle + waiting, total: ticks.reduce((sum, value) => sum + value, 0) }
}
