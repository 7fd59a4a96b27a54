import { nowNs } from '../base/clock.ts'
import type { BlockTimes } from '../model/baseline.ts'
import { blockCount } from '../model/blocks.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockClock } from '../model/mock-stats.ts'

/** How far two machines' clocks may drift apart, in us a second: crystals are good for some 50 each. */
const driftPpm = 100

/** The times of the deltas of a load: streams in `blockCount` blocks by their number, so that what they vary by can be told. */
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

  /** `clock`: that of the mock, as seen from here; absent: nobody could ask it, and a stamp has to prove itself. `onTransit` takes each. */
  constructor(clock: MockClock | undefined, onTransit?: (stream: number, us: number) => void) {
    this.#onTransit = onTransit
    this.#offsetUs = (clock?.offsetNs ?? 0) / 1000
    this.#errorUs = (clock?.errorNs ?? 0) / 1000
  }

  /** Whether each stamp so far was of the life of its stream. */
  get isClockKnown(): boolean {
    return this.#isClockKnown
  }

  /** Takes the gap before a delta of a stream. */
  gap(stream: number, gapNs: number): void {
    this.#blocks[stream % blockCount]?.interChunk.record(gapNs / 1000)
  }

  /**
   * Takes a delta's stamp and its arrival; gives the instant of the stamp on our clock, in us. Transit to a client that does not
   * read (`isCounted` false) is its own, and not counted.
   */
  transit(stream: number, stampUs: number, startedNs: number, cameNs: number, isCounted = true): number {
    const sentUs = stampUs - this.#offsetUs
    const transitUs = cameNs / 1000 - sentUs
    const errorUs = this.#errorUs === 0 ? 0 : this.#errorUs + (driftPpm * Math.max(0, cameNs - this.#begunNs)) / 1e9
    // What was not sent between our start and its arrival was stamped by another clock, and then none of the stamps says anything.
    if (transitUs < -errorUs || sentUs < startedNs / 1000 - errorUs - 1) this.#isClockKnown = false
    if (!isCounted) return sentUs
    this.#onTransit?.(stream, transitUs)
    this.#blocks[stream % blockCount]?.transit.record(transitUs)
    return sentUs
  }

  /** The blocks as plain data; without transit where the clocks have nothing to do with each other. */
  blocks(): readonly BlockTimes[] {
    return this.#blocks.map(({ interChunk, transit }) => ({
      interChunk: interChunk.toJSON(),
      ...(this.#isClockKnown && transit.n > 0 && { transit: transit.toJSON() }),
    }))
  }
}
