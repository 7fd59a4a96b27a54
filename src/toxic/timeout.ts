import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/** Drops all bytes, and closes the connection `timeout` ms after it was opened (0: never). The source's end passes. */
export const timeout = toxicKind({
  main: 'timeout',
  attributes: { timeout: timeMs },
  attach({ timeout }, next, link) {
    if (timeout > 0) link.at(nowNs() + timeout * 1e6, () => link.cut('close'))
    return {
      push: (bytes) => link.release(bytes.length),
      end: () => next.end(),
    }
  },
})
