import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/**
 * Both sides are reset `timeout` ms after the first bytes, or an end without any, came in this direction; with 0, before
 * those get through. Toxiproxy drops the bytes that come within that time; here they pass, as a reset in the middle of a
 * stream is the one worth testing. A source that ends before does not save the connection.
 */
export const resetPeer = toxicKind({
  main: 'timeout',
  attributes: { timeout: timeMs },
  attach({ timeout }, next, link) {
    let isArmed = false
    const arm = () => {
      if (isArmed) return
      isArmed = true
      if (timeout === 0) link.cut('reset')
      else link.at(nowNs() + timeout * 1e6, () => link.cut('reset'))
    }
    return {
      push(bytes) {
        arm()
        next.push(bytes)
      },
      end: arm,
    }
  },
})
