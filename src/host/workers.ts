import { availableParallelism } from 'node:os'

/** How many workers a load is to have: a number, or as many as it takes. */
export type WorkersWish = 'auto' | number

/** The most workers that may be asked for. */
export const mostWorkers = 64

/** Planned events a second above which one worker more pays: one holds some 40,000, and costs others a third more CPU. */
const eventsPerWorkerS = 30_000

/**
 * The workers of a load. `auto`: one for each 30,000 events a second that are planned, and one core is left to the gateway; one
 * where the pace is the mock's own, as nobody knows it.
 */
export function workersFor(
  wish: WorkersWish,
  { streams, delayMs }: { readonly streams: number; readonly delayMs?: number },
  cores: number = availableParallelism(),
): number {
  if (wish !== 'auto') return wish
  if (delayMs === undefined) return 1
  const eventsPerS = (streams * 1000) / delayMs
  return Math.max(1, Math.min(Math.ceil(eventsPerS / eventsPerWorkerS), cores - 1, mostWorkers, streams))
}
