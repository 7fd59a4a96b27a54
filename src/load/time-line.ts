/** Deltas whose instants a time line holds one by one; of a longer stream, each second, fourth, ... so that memory has a bound. */
const most = 1024

/**
 * When each delta of one stream was sent (by its stamp) and came, in us since the stream's start. A list of numbers: a typed array of
 * its own costs a stream 300 bytes beside what it holds.
 */
export class TimeLine {
  /** Each how many deltas one is held. */
  stride = 1
  readonly #startedUs: number
  #deltas = 0
  /** Sent and came, in turns; NaN where no stamp said when it was sent. */
  #us: number[] = []

  constructor(startedNs: number) {
    this.#startedUs = startedNs / 1000
  }

  /** Takes one delta's instants, in us; `sentUs` is undefined where it had no stamp. */
  push(sentUs: number | undefined, cameNs: number): void {
    if (this.#deltas++ % this.stride !== 0) return
    if (this.#us.length === 2 * most) {
      this.#thin()
      // What was the next one is left out now.
      if ((this.#deltas - 1) % this.stride !== 0) return
    }
    this.#us.push(sentUs === undefined ? Number.NaN : sentUs - this.#startedUs, cameNs / 1000 - this.#startedUs)
  }

  /** The instants as plain data, in whole us. */
  toJSON(): (readonly [sentUs: number | null, cameUs: number])[] {
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
