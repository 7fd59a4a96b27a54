import { nowNs } from '../base/clock.ts'
import { TimeHeap } from '../base/heap.ts'
import { durationOf } from '../model/phase.ts'
import type { PhaseWork } from './phase-work.ts'
import { nextStartS, shareOf, slotCount, slotSpans } from './schedule.ts'

/** Minimum time between two starts of a slot if the first stream failed, in ms: a dead gateway is not asked thousands of times a second. */
const retryMs = 1000

/**
 * Keeps streams open: a slot starts its next stream as soon as its last one has ended, which is the intended start. A slot that is no
 * longer active lets its stream end.
 */
export async function runClosedLoop(work: PhaseWork): Promise<void> {
  const { phase, index, count, beginNs, pacer, signal, busySlots } = work
  const endNs = beginNs + (durationOf(phase) ?? Number.POSITIVE_INFINITY) * 1e9
  const due = new TimeHeap<{ readonly intendedNs: number; readonly slot: number }>()
  let left = shareOf(phase.total ?? Number.POSITIVE_INFINITY, index, count)
  const plan = (slot: number, fromNs: number) => {
    const atS = nextStartS(slotSpans(phase, slot), Math.max(0, fromNs - beginNs) / 1e9)
    if (atS === undefined) return
    const intendedNs = atS === 0 ? beginNs : Math.max(fromNs, Math.round(beginNs + atS * 1e9))
    due.add(intendedNs, { intendedNs, slot })
    pacer.wake()
  }
  work.onSlotEnded((slot, { startedNs, endedNs, outcome }) => {
    const isFailed = outcome.state === 'failed'
    plan(slot, isFailed ? Math.max(endedNs, startedNs + retryMs * 1e6) : endedNs)
  })
  for (let slot = index; slot < slotCount(phase); slot += count) if (!busySlots.has(slot)) plan(slot, beginNs)

  while (left > 0 && !signal.aborted && nowNs() < endNs) {
    const nextNs = due.nextAt ?? Number.POSITIVE_INFINITY
    if (nextNs > nowNs()) {
      // Without a stream that may end, nothing can become due.
      if (due.size === 0 && busySlots.size === 0) return
      await pacer.until(Math.min(nextNs, endNs))
      continue
    }
    const next = due.take()
    if (!next || !(await pacer.due(next.intendedNs))) return
    work.start(next.intendedNs, next.slot)
    left--
  }
}
