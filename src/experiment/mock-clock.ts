import { nowNs } from '../base/clock.ts'
import { fetchJson } from '../base/fetch-text.ts'
import { type MockClock, mockClockAnswerSchema } from '../model/mock-stats.ts'

/** Number of exchanges; the fastest one counts, because half of its duration bounds the error (Cristian, 1989). */
const exchanges = 20

/** Compares the mock's clock with ours; undefined if the mock does not answer. */
export async function readMockClock(mockUrl: string, bootId: string | undefined): Promise<MockClock | undefined> {
  let best: MockClock | undefined
  for (let exchange = 0; exchange < exchanges; exchange++) {
    const beforeNs = nowNs()
    const received = await fetchJson(`${mockUrl}/__mock/clock`)
    const afterNs = nowNs()
    const answer = mockClockAnswerSchema.safeParse(received).data
    if (!answer) return undefined
    if (bootId !== undefined && answer.bootId === bootId) return { isShared: true, offsetNs: 0, errorNs: 0 }
    const errorNs = (afterNs - beforeNs) / 2
    const offsetNs = answer.nowNs - (beforeNs + afterNs) / 2
    if (!best || errorNs < best.errorNs) best = { isShared: false, offsetNs, errorNs }
  }
  return best
}

/** The mock's clock during a load, from its readings before and after it: their difference adds to the error. */
export function clockOverLoad(before: MockClock, after: MockClock | undefined): MockClock {
  if (before.isShared || !after) return before
  return { ...before, errorNs: Math.max(before.errorNs, after.errorNs + Math.abs(after.offsetNs - before.offsetNs)) }
}
