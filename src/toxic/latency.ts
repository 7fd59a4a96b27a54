import { nowNs } from '../base/clock.ts'
import { createStepQueue } from './step-queue.ts'
import { timeMs, toxicKind } from './toxic.ts'

/** Delays each read, and the end, by `latency` ms plus or minus up to `jitter` ms, without reordering. */
export const latency = toxicKind({
  main: 'latency',
  attributes: { latency: timeMs, jitter: { ...timeMs, default: 0 } },
  attach({ latency, jitter }, next, link, random) {
    const add = createStepQueue(link)
    const delayed = (act: () => void) => {
      const delayMs = latency + jitter * (random() / 2 ** 31 - 1)
      const dueNs = nowNs() + delayMs * 1e6
      add(() => {
        if (nowNs() < dueNs) return dueNs
        act()
        return undefined
      })
    }
    return {
      push: (bytes) => delayed(() => next.push(bytes)),
      end: () => delayed(() => next.end()),
    }
  },
})
