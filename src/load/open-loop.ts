import type { PhaseWork } from './phase-work.ts'
import { arrivals, shareOf } from './schedule.ts'

/**
 * Starts streams by the clock, whatever became of those before. A start that is due while the worker's share of the limit is open is
 * dropped, never delayed.
 */
export async function runOpenLoop(work: PhaseWork): Promise<void> {
  const { phase, seed, index, count, beginNs, pacer } = work
  const limit = shareOf(phase.maxStreams ?? Number.POSITIVE_INFINITY, index, count)
  let arrival = 0
  for (const atS of arrivals(phase, seed)) {
    if (arrival++ % count !== index) continue
    const intendedNs = Math.round(beginNs + atS * 1e9)
    if (!(await pacer.due(intendedNs))) return
    if (work.openStreams() < limit) work.start(intendedNs)
    else work.drop()
  }
}
