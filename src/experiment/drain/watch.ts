import { setTimeout as sleep } from 'node:timers/promises'
import { known } from '../../base/known.ts'
import { isBack, peakOfGateway, remainNames } from '../../judge/remains.ts'
import type { Drain, Remains } from '../../model/drain.ts'
import type { MockStats } from '../../model/mock-stats.ts'
import type { Run } from '../../model/run.ts'
import { look, type Places } from './look.ts'

/** How often it is looked, in ms. */
const everyMs = 100

/** What a watch saw, and what the mock had counted when all was over. */
export interface Watched {
  readonly drain: Omit<Drain, 'probe' | 'healthFault'>
  readonly mock?: MockStats
}

/** A watch over what a load leaves behind, begun before it. */
export interface Watch {
  /** Looks from now on, the end of a load, until all is back or the limit is over; undefined where an abort ended it. */
  readonly untilBack: (records: Run['records'], signal: AbortSignal) => Promise<Watched | undefined>
}

/** Looks at what is there before a load. */
export async function beginWatch(places: Places, limitS: number): Promise<Watch> {
  const { remains: before } = await look(places)
  return { untilBack: (records, signal) => untilBack(places, before, { records, limitS, signal }) }
}

async function untilBack(
  places: Places,
  before: Remains,
  { records, limitS, signal }: Pick<Run, 'records'> & { readonly limitS: number; readonly signal: AbortSignal },
): Promise<Watched | undefined> {
  const beganMs = performance.now()
  const backMs: Partial<Record<keyof Remains, number>> = {}
  for (let dueMs = beganMs + everyMs; !signal.aborted; dueMs += everyMs) {
    const seen = await look(places)
    const tookMs = Math.round(performance.now() - beganMs)
    const peak = peakOfGateway(known({ records, mock: seen.mock }))
    if (noteBack(backMs, { before, now: seen.remains, peak, tookMs }) || tookMs >= limitS * 1000) {
      const { remains: after, usage, mock } = seen
      return known({ drain: known({ limitS, tookMs, before, after, backMs, usage }), mock })
    }
    await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch((cause: Error) => {
      if (cause.name !== 'AbortError') throw cause
    })
  }
  return undefined
}

/** Notes what is back for the first time, forgets what was and is not any more, and says whether all is. */
function noteBack(
  backMs: Partial<Record<keyof Remains, number>>,
  seen: { readonly before: Remains; readonly now: Remains; readonly peak: number; readonly tookMs: number },
): boolean {
  const { before, now, peak, tookMs } = seen
  let all = true
  for (const name of remainNames) {
    if (!isBack(name, before, now, peak)) {
      all = false
      delete backMs[name]
    } else if (before[name] !== undefined && now[name] !== undefined) backMs[name] ??= tookMs
  }
  return all
}
