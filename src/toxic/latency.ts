import { nowNs } from '../base/clock.ts'
import { createStepQueue } from './step-queue.ts'
import { timeMs, toxicKind } from './toxic.ts'

/** Each read, and the end, goes on `latency` ms later, give or take up to `jitter` ms; nothing overtakes. */
export const latency = toxicKind({
  main: 'latency',
  attributes: { latency: timeMs, jitter: { ...timeMs, default: 0 } },
  attach({ latency, jitter }, next, link, random) {
    const add = createStepQueue(link)
    const later = (act: () => void) => {
      const delayMs = latency + jitter * (random() / 2 ** 31 - 1)
      const dueNs = nowNs() + delayMs * 1e6
      add(() => {
        if (nowNs() < dueNs) return dueNs
        act()
        return undefined
      })
    }
    return {
      push: (bytes) => later(() => next.push(bytes)),
      end: () => later(() => next.end()),
    }
  },
})
