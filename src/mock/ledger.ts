import type { z } from 'zod'
import { nowNs } from '../base/clock.ts'
import type { ThreadWatch } from '../host/thread.ts'
import { Histogram } from '../model/histogram.ts'
import type { MockStats, streamTruthSchema } from '../model/mock-stats.ts'

/** What the mock knows about one planned stream; updated by each request. */
export type FollowedStream = z.infer<typeof streamTruthSchema>

/** Maximum number of streams that are tracked individually. With more, those that were served without a fault at once are only counted. */
export const maxFollowed = 200_000

/** Everything the mock did since it started, or since the last reset. */
export class Ledger {
  /** Completion requests, successful or not. */
  requests = 0
  deltasSent = 0
  /** SSE events of all streams, including those without content. */
  eventsSent = 0
  /** Bytes of the bodies of all streams, without HTTP's chunk framing. */
  bytesSent = 0
  /** Time from when a delta was due until it was written, in us, without deltas delayed by a client that does not read. */
  pacingError = new Histogram()
  readonly #streams = new Map<string, FollowedStream>()
  #scan: Iterator<[string, FollowedStream]> | undefined
  #forgotten = 0
  readonly #limit: number
  #open = 0
  #peak = 0
  #served = 0
  #aborted = 0
  readonly #watch: ThreadWatch | undefined
  readonly #onChange: (change: 1 | -1) => void

  /** `watch` is the thread's self-measurement, reset with the counts; `onChange` is called when a stream opens or closes. */
  constructor(watch?: ThreadWatch, onChange: (change: 1 | -1) => void = () => undefined, limit = maxFollowed) {
    this.#limit = limit
    this.#watch = watch
    this.#onChange = onChange
  }

  /** Records a request for a planned stream, the first one or a retry; returns the stream's entry. */
  attempted(seed: number, stream: number): FollowedStream {
    const id = `${seed}.${stream}`
    let truth = this.#streams.get(id)
    if (!truth) {
      truth = { seed, stream, attempts: 0, faulty: 0, state: 'open', attemptedNs: 0, endedNs: 0 }
      if (this.#streams.size < this.#limit || this.#forgetClean()) this.#streams.set(id, truth)
      else this.#forgotten++
    }
    truth.attempts++
    truth.state = 'open'
    truth.attemptedNs = nowNs()
    return truth
  }

  /** Makes room for one stream: drops the oldest entry with nothing to tell. Each entry is looked at twice at most. */
  #forgetClean(): boolean {
    for (let pass = 0; pass < 2; pass++) {
      this.#scan ??= this.#streams.entries()
      for (let next = this.#scan.next(); next.done !== true; next = this.#scan.next()) {
        const [id, { attempts, faulty, state }] = next.value
        if (attempts > 1 || faulty > 0 || state !== 'served') continue
        this.#streams.delete(id)
        this.#forgotten++
        return true
      }
      this.#scan = undefined
    }
    return false
  }

  /** The entry of each planned stream. */
  streams(): readonly FollowedStream[] {
    return [...this.#streams.values()]
  }

  /** Records that a stream has opened. */
  opened(): void {
    this.#open++
    this.#peak = Math.max(this.#peak, this.#open)
    this.#onChange(1)
  }

  /** Records that a stream has ended: passed completely to the kernel, or cut short by its client or the end of the mock. */
  closed(isComplete: boolean): void {
    this.#open--
    if (isComplete) this.#served++
    else this.#aborted++
    this.#onChange(-1)
  }

  /** Resets the counts; open streams stay open. */
  reset(): void {
    this.#streams.clear()
    this.#scan = undefined
    this.#forgotten = 0
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
      ...(this.#forgotten > 0 ? { streamsForgotten: this.#forgotten } : {}),
      requests: this.requests,
      deltasSent: this.deltasSent,
      eventsSent: this.eventsSent,
      bytesSent: this.bytesSent,
      pacingError: this.pacingError.toJSON(),
      instrument: this.#watch && [this.#watch.read()],
    }
  }
}
