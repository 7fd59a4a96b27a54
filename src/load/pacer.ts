import { setImmediate } from 'node:timers/promises'
import { nowNs } from '../base/clock.ts'

/** Streams to start before sockets are read again. A connect takes about 60 us, so a slice delays reads by 2 ms. */
const startsPerSlice = 32

/** Waits for the instants at which a worker starts streams, one wait at a time. Who aborts the signal also calls `wake`. */
export class Pacer {
  readonly #signal: AbortSignal
  #starts = 0
  #timer: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Waits until a stream is due. Returns at once if it is late, but lets sockets be read now and then. False after an abort. */
  async due(atNs: number): Promise<boolean> {
    if (this.#starts++ % startsPerSlice === 0 && atNs <= nowNs()) await setImmediate()
    await this.until(atNs, false)
    return !this.#signal.aborted
  }

  /** Waits until an instant, an abort or, if `isWakeable`, a call of `wake`. Never returns early for another reason. */
  async until(atNs: number, isWakeable = true): Promise<void> {
    // A timer may fire up to 1 ms early.
    for (let leftNs = atNs - nowNs(); leftNs > 0 && !this.#signal.aborted; leftNs = atNs - nowNs()) {
      const isWoken = await new Promise<boolean>((resolve) => {
        this.#timer = setTimeout(() => resolve(false), Math.min(leftNs / 1e6, longestMs))
        this.#wake = () => resolve(true)
      })
      clearTimeout(this.#timer)
      this.#wake = undefined
      if (isWoken && isWakeable) return
    }
  }

  /** Ends a wait of `until`. */
  wake(): void {
    this.#wake?.()
  }
}

/** The longest time of one timer, in ms. */
const longestMs = 60_000
