import { nowNs } from '../base/clock.ts'
import type { BlockTimes } from '../model/baseline.ts'
import { blockCount } from '../model/blocks.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockClock } from '../model/mock-stats.ts'

/** Maximum drift between the clocks of two machines, in us per second. A quartz crystal is accurate to about 50. */
const driftPpm = 100

/** Inter-chunk latency and transit times of a load, per block of streams (`blockCount`) to estimate their variation. */
export class DeltaTimes {
  readonly #blocks = Array.from({ length: blockCount }, () => ({
    interChunk: new Histogram(),
    transit: new Histogram(),
  }))
  readonly #offsetUs: number
  readonly #errorUs: number
  readonly #onTransit: ((stream: number, us: number) => void) | undefined
  #isClockKnown = true
  readonly #begunNs = nowNs()

  /** `clock` is the mock's clock relative to ours; if it is undefined, the stamps show whether both are the same. */
  constructor(clock: MockClock | undefined, onTransit?: (stream: number, us: number) => void) {
    this.#onTransit = onTransit
    this.#offsetUs = (clock?.offsetNs ?? 0) / 1000
    this.#errorUs = (clock?.errorNs ?? 0) / 1000
  }

  /** Whether every stamp so far lies within its stream's lifetime. */
  get isClockKnown(): boolean {
    return this.#isClockKnown
  }

  /** Records the gap before a delta. */
  gap(stream: number, gapNs: number): void {
    this.#blocks[stream % blockCount]?.interChunk.record(gapNs / 1000)
  }

  /**
   * Records a delta's transit from its stamp and its arrival; returns the stamp on our clock, in us. `isCounted` is false for a
   * faulty client, which delays deltas itself.
   */
  transit(stream: number, stampUs: number, startedNs: number, arrivedNs: number, isCounted = true): number {
    const sentUs = stampUs - this.#offsetUs
    const transitUs = arrivedNs / 1000 - sentUs
    const errorUs = this.#errorUs === 0 ? 0 : this.#errorUs + (driftPpm * Math.max(0, arrivedNs - this.#begunNs)) / 1e9
    // A stamp outside the stream's lifetime comes from another clock, so none of the stamps can be used.
    if (transitUs < -errorUs || sentUs < startedNs / 1000 - errorUs - 1) this.#isClockKnown = false
    if (!isCounted) return sentUs
    this.#onTransit?.(stream, transitUs)
    this.#blocks[stream % blockCount]?.transit.record(transitUs)
    return sentUs
  }

  /** The blocks as plain data, without transit times if the clocks are unrelated. */
  blocks(): readonly BlockTimes[] {
    return this.#blocks.map(({ interChunk, transit }) => ({
      interChunk: interChunk.toJSON(),
      transit: this.#isClockKnown && transit.n > 0 ? transit.toJSON() : undefined,
    }))
  }
}
