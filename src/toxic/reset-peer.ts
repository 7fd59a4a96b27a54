import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/**
 * Resets both sides `timeout` ms after the first bytes, or an end without bytes, in this direction; with 0, before those are
 * passed on. Toxiproxy drops bytes during that time; here they pass, so that a stream is reset in its middle. A source that
 * ends earlier does not prevent the reset.
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
