import { setTimeout as sleep } from 'node:timers/promises'
import { known } from '../known.ts'
import { isBack, remainNames } from '../remains.ts'
import type { Drain, MockStats, Remains } from '../run.ts'
import { type Look, look, type Places } from './look.ts'

/** How often it is looked, in ms. */
const everyMs = 100

/** What a watch saw, and what the mock had counted when all was over. */
export interface Watched {
  readonly drain: Omit<Drain, 'probe' | 'healthFault'>
  readonly mock?: MockStats
}

/** A watch over what a load leaves behind, begun before it. */
export interface Watch {
  /** Looks from now on until all is back or the limit is over; undefined where an abort ended it. */
  readonly untilBack: (signal: AbortSignal) => Promise<Watched | undefined>
}

/** Looks at what is there before a load. */
export async function beginWatch(places: Places, limitS: number): Promise<Watch> {
  const { remains: before } = await look(places)
  return { untilBack: (signal) => untilBack(places, before, limitS, signal) }
}

async function untilBack(
  places: Places,
  before: Remains,
  limitS: number,
  signal: AbortSignal,
): Promise<Watched | undefined> {
  const beganMs = performance.now()
  const backMs: Partial<Record<keyof Remains, number>> = {}
  for (let dueMs = beganMs + everyMs; !signal.aborted; dueMs += everyMs) {
    const seen = await look(places)
    const tookMs = Math.round(performance.now() - beganMs)
    if (noteBack(backMs, before, seen, tookMs) || tookMs >= limitS * 1000) {
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
  before: Remains,
  { remains: now, mock }: Look,
  tookMs: number,
): boolean {
  let all = true
  for (const name of remainNames) {
    if (!isBack(name, before, now, mock?.streamsPeak ?? 0)) {
      all = false
      delete backMs[name]
    } else if (before[name] !== undefined && now[name] !== undefined) backMs[name] ??= tookMs
  }
  return all
}
