import { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import { fetchText } from '../base/fetch-text.ts'
import { parseJson } from '../base/json.ts'
import type { MockClock } from '../model/mock-stats.ts'

/** What the mock says at `/__mock/clock`. */
const told = z.object({ bootId: z.string(), nowNs: z.number() })

/** Exchanges of which the fastest counts: it bounds the error by half of its time (Cristian, 1989). */
const exchanges = 20

/** Asks the mock for its clock; undefined where it does not answer. */
export async function readMockClock(mockUrl: string, bootId: string | undefined): Promise<MockClock | undefined> {
  let best: MockClock | undefined
  for (let exchange = 0; exchange < exchanges; exchange++) {
    const beforeNs = nowNs()
    const text = await fetchText(`${mockUrl}/__mock/clock`)
    const afterNs = nowNs()
    const answer = text === undefined ? undefined : told.safeParse(parseJson(text)).data
    if (!answer) return undefined
    if (bootId !== undefined && answer.bootId === bootId) return { isShared: true, offsetNs: 0, errorNs: 0 }
    const errorNs = (afterNs - beforeNs) / 2
    const offsetNs = answer.nowNs - (beforeNs + afterNs) / 2
    if (!best || errorNs < best.errorNs) best = { isShared: false, offsetNs, errorNs }
  }
  return best
}

/** The clock over a load, of what it was before and after: what they differ by is its error too. */
export function heldClock(before: MockClock, after: MockClock | undefined): MockClock {
  if (before.isShared || !after) return before
  return { ...before, errorNs: Math.max(before.errorNs, after.errorNs + Math.abs(after.offsetNs - before.offsetNs)) }
}
