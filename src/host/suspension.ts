import { nowNs } from '../base/clock.ts'
import { type ReadText, readTextFile } from './proc.ts'

/** The clocks that show whether the machine was suspended. */
export interface Clocks {
  /** Monotonic, in ms; stops while the machine is suspended. */
  readonly monotonicMs: () => number
  /** Since boot, in ms, suspensions included; undefined if the system does not report it. */
  readonly sinceBootMs: () => number | undefined
  /** Wall clock, in ms. It includes suspensions, but also jumps when it is set. */
  readonly wallMs: () => number
}

/** The clocks of this machine. /proc/uptime includes suspensions (CLOCK_BOOTTIME), with a resolution of 10 ms. */
export function machineClocks(readText: ReadText = readTextFile): Clocks {
  return {
    monotonicMs: () => nowNs() / 1e6,
    sinceBootMs: () => {
      const seconds = Number.parseFloat(readText('/proc/uptime') ?? '')
      return Number.isFinite(seconds) ? seconds * 1000 : undefined
    },
    wallMs: () => Date.now(),
  }
}

/** Resolution of the clocks together, in ms: a smaller difference is not a suspension. */
const resolutionMs = 20

/**
 * Starts to compare the clocks; the result returns how long the machine was suspended since then, in ms. Without the time since boot,
 * the wall clock replaces it. Each comparison takes the monotonic clock before and after, so that a delay between two readings never
 * looks like a suspension.
 */
export function watchSuspension({ monotonicMs, sinceBootMs, wallMs }: Clocks): () => number {
  const fromMs = monotonicMs()
  const [boot, wall] = [sinceBootMs(), wallMs()]
  return () => {
    const [bootNow, wallNow] = [sinceBootMs(), wallMs()]
    const passedMs = monotonicMs() - fromMs
    const realMs = boot === undefined || bootNow === undefined ? wallNow - wall : bootNow - boot
    const missingMs = Math.round(realMs - passedMs)
    return missingMs < resolutionMs ? 0 : missingMs
  }
}
