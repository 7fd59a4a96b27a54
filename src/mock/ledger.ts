import type { MockStats } from '../run.ts'
import { Histogram } from '../stats/histogram.ts'

/** What the mock has done since it started, or since it was last told to count anew. */
export class Ledger {
  requests = 0
  deltasSent = 0
  eventsSent = 0
  bytesSent = 0
  #open = 0
  #peak = 0
  #served = 0
  #aborted = 0
  pacingError = new Histogram()

  /** A stream begins. */
  opened(): void {
    this.#open++
    this.#peak = Math.max(this.#peak, this.#open)
  }

  /** A stream is over: sent to its last byte, or left by its client. */
  closed(whole: boolean): void {
    this.#open--
    if (whole) this.#served++
    else this.#aborted++
  }

  /** Counts anew; streams that are open stay so. */
  reset(): void {
    this.requests = 0
    this.deltasSent = 0
    this.eventsSent = 0
    this.bytesSent = 0
    this.#peak = this.#open
    this.#served = 0
    this.#aborted = 0
    this.pacingError = new Histogram()
  }

  /** The counts as plain data. */
  stats(): MockStats {
    return {
      streamsOpen: this.#open,
      streamsPeak: this.#peak,
      streamsServed: this.#served,
      streamsAborted: this.#aborted,
      requests: this.requests,
      deltasSent: this.deltasSent,
      eventsSent: this.eventsSent,
      bytesSent: this.bytesSent,
      pacingError: this.pacingError.toJSON(),
    }
  }
}
