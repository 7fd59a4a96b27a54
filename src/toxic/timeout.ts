import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/** No byte gets through; the connection is closed `timeout` ms after it was opened, with 0 never. The source's end goes on. */
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
