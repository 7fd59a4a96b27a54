/** Maximum number of deltas in a timeline. Longer streams keep every second, fourth, ... delta. */
const maxDeltas = 1024

/**
 * When each delta of one stream was sent (by its stamp) and arrived, in us since the stream's start. A plain array, because a
 * typed array costs 300 more bytes per stream.
 */
export class TimeLine {
  /** One of this many deltas is kept. */
  stride = 1
  readonly #startedUs: number
  #deltas = 0
  /** Sent and arrived, alternating; NaN if the delta had no stamp. */
  #us: number[] = []

  constructor(startedNs: number) {
    this.#startedUs = startedNs / 1000
  }

  /** Adds a delta; `sentUs` is undefined if it had no stamp. */
  push(sentUs: number | undefined, arrivedNs: number): void {
    if (this.#deltas++ % this.stride !== 0) return
    if (this.#us.length === 2 * maxDeltas) {
      this.#thin()
      // The new stride may skip this delta.
      if ((this.#deltas - 1) % this.stride !== 0) return
    }
    this.#us.push(sentUs === undefined ? Number.NaN : sentUs - this.#startedUs, arrivedNs / 1000 - this.#startedUs)
  }

  /** The times as plain data, in whole us. */
  toJSON(): (readonly [sentUs: number | null, arrivedUs: number])[] {
    return Array.from({ length: this.#us.length / 2 }, (_, index) => {
      const sentUs = this.#us[2 * index] as number
      return [Number.isNaN(sentUs) ? null : Math.round(sentUs), Math.round(this.#us[2 * index + 1] as number)] as const
    })
  }

  #thin(): void {
    this.#us = this.#us.filter((_, at) => at % 4 < 2)
    this.stride *= 2
  }
}
