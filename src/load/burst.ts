import type { PhaseWork } from './phase-work.ts'
import { intendedStartS } from './schedule.ts'

/** Starts a fixed number of streams, all at once or evenly spread over a ramp. */
export async function runBurst({ phase, index, count, beginNs, pacer, start }: PhaseWork): Promise<void> {
  const { streams = 0, rampMs = 0 } = phase
  for (let stream = index; stream < streams; stream += count) {
    const intendedNs = Math.round(beginNs + intendedStartS(stream, streams, rampMs) * 1e9)
    if (!(await pacer.due(intendedNs))) return
    start(intendedNs)
  }
}
