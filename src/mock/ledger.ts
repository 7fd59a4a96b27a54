import type { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import type { ThreadWatch } from '../host/thread.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockStats, streamTruthSchema } from '../model/mock-stats.ts'

/** What the mock knows about one planned stream; it changes with each request. */
export type FollowedStream = z.infer<typeof streamTruthSchema>

/** Streams that are followed one by one: those beyond are only counted. */
export const maxFollowed = 200_000

/** What the mock has done since it started, or since it was last told to count anew. */
export class Ledger {
  /** Requests for a completion, whatever became of them. */
  requests = 0
  deltasSent = 0
  /** SSE events of all streams, with those that carry no content. */
  eventsSent = 0
  /** Bytes of the bodies of all streams, without HTTP's chunk framing. */
  bytesSent = 0
  /** Instant of writing minus instant due, in us, of each delta that no client held up by not reading. */
  pacingError = new Histogram()
  readonly #streams = new Map<string, FollowedStream>()
  #open = 0
  #peak = 0
  #served = 0
  #aborted = 0
  readonly #watch: ThreadWatch | undefined
  readonly #onChange: (change: 1 | -1) => void

  /** `watch`: what the thread measures of itself, for as long as is counted; `onChange` is told of each stream that opens or closes. */
  constructor(watch?: ThreadWatch, onChange: (change: 1 | -1) => void = () => undefined) {
    this.#watch = watch
    this.#onChange = onChange
  }

  /** A planned stream was asked for, again or for the first time; gives what is known of it. */
  attempted(seed: number, stream: number): FollowedStream {
    const id = `${seed}.${stream}`
    let truth = this.#streams.get(id)
    if (!truth) {
      truth = { seed, stream, attempts: 0, faulty: 0, state: 'open', attemptedNs: 0, endedNs: 0 }
      if (this.#streams.size < maxFollowed) this.#streams.set(id, truth)
    }
    truth.attempts++
    truth.state = 'open'
    truth.attemptedNs = nowNs()
    return truth
  }

  /** What is known of each planned stream. */
  streams(): readonly FollowedStream[] {
    return [...this.#streams.values()]
  }

  /** A stream was asked for. */
  opened(): void {
    this.#open++
    this.#peak = Math.max(this.#peak, this.#open)
    this.#onChange(1)
  }

  /** A stream is over: given to the kernel to its last byte, or left by its client before (or ended with the mock). */
  closed(isWhole: boolean): void {
    this.#open--
    if (isWhole) this.#served++
    else this.#aborted++
    this.#onChange(-1)
  }

  /** Counts anew; streams that are open stay so. */
  reset(): void {
    this.#streams.clear()
    this.requests = 0
    this.deltasSent = 0
    this.eventsSent = 0
    this.bytesSent = 0
    this.pacingError = new Histogram()
    this.#peak = this.#open
    this.#served = 0
    this.#aborted = 0
    this.#watch?.restart()
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
      ...(this.#watch && { instrument: [this.#watch.read()] }),
    }
  }
}
