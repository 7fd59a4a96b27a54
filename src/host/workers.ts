import { availableParallelism } from 'node:os'
import { expectedStreams, type PlannedLoad } from '../model/phase.ts'

/** Number of workers for a load; `auto` derives it from the load. */
export type WorkerCount = 'auto' | number

/** Maximum number of workers. */
export const maxWorkers = 64

/** Planned events per second for each worker. One worker can handle some 40,000; a second one costs a third more CPU time. */
const eventsPerWorkerS = 30_000

/**
 * The number of workers for a load. `auto`: one per 30,000 planned events per second, leaving one core to the gateway. One
 * worker if the pace is not known (without `delayMs` the mock decides it).
 */
export function workerCount(requested: WorkerCount, load: PlannedLoad, cores: number = availableParallelism()): number {
  if (requested !== 'auto') return requested
  const { streams, delayMs } = load
  if (delayMs === undefined) return 1
  const eventsPerS = (expectedStreams(load) * 1000) / delayMs
  return Math.max(1, Math.min(Math.ceil(eventsPerS / eventsPerWorkerS), cores - 1, maxWorkers, streams))
}
