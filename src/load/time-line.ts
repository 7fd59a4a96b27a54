/** Deltas whose instants a time line holds one by one; of a longer stream, each second, fourth, ... so that memory has a bound. */
const most = 1024

/**
 * When each delta of one stream was sent (by its stamp) and came, in us since the stream's start. Grows as it is used: a stream of
 * 20 deltas takes 256 bytes.
 */
export class TimeLine {
  /** Each how many deltas one is held. */
  stride = 1
  readonly #startedUs: number
  #deltas = 0
  #held = 0
  /** Sent and came, in turns; NaN where no stamp said when it was sent. */
  #us = new Float64Array(16)

  constructor(startedNs: number) {
    this.#startedUs = startedNs / 1000
  }

  /** Takes one delta's instants, in us; `sentUs` is undefined where it had no stamp. */
  push(sentUs: number | undefined, cameNs: number): void {
    if (this.#deltas++ % this.stride !== 0) return
    if (this.#held === most) {
      this.#thin()
      // What was the next one is left out now.
      if ((this.#deltas - 1) % this.stride !== 0) return
    }
    if (2 * this.#held === this.#us.length) this.#grow()
    this.#us[2 * this.#held] = sentUs === undefined ? Number.NaN : sentUs - this.#startedUs
    this.#us[2 * this.#held + 1] = cameNs / 1000 - this.#startedUs
    this.#held++
  }

  /** The instants as plain data, in whole us. */
  toJSON(): (readonly [sentUs: number | null, cameUs: number])[] {
    return Array.from({ length: this.#held }, (_, index) => {
      const sentUs = this.#us[2 * index] as number
      return [Number.isNaN(sentUs) ? null : Math.round(sentUs), Math.round(this.#us[2 * index + 1] as number)] as const
    })
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#us.length)
    larger.set(this.#us)
    this.#us = larger
  }

  #thin(): void {
    for (let index = 0; 2 * index < this.#held; index++) {
      this.#us[2 * index] = this.#us[4 * index] as number
      this.#us[2 * index + 1] = this.#us[4 * index + 1] as number
    }
    this.#held = Math.ceil(this.#held / 2)
    this.stride *= 2
  }
}
