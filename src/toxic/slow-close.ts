import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/** Delays the end by `delay` ms; bytes pass at once. */
export const slowClose = toxicKind({
  main: 'delay',
  attributes: { delay: timeMs },
  attach: ({ delay }, next, link) => ({
    push: (bytes) => next.push(bytes),
    end: () => link.at(nowNs() + delay * 1e6, () => next.end()),
  }),
})
