import { nowNs } from '../base/clock.ts'
import { timeMs, toxicKind } from './toxic.ts'

/**
 * Resets both sides `timeout` ms after the first bytes in this direction, or after its end if there are no bytes. With 0, the
 * reset comes before they are passed on. Toxiproxy drops bytes during the timeout; here they pass, so that a stream is reset in
 * the middle. A source that ends earlier does not prevent the reset.
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
