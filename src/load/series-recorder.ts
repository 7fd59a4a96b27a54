import { SecondHistogram } from '../model/second-histogram.ts'
import type { LoadSeries } from '../model/series.ts'
import type { LiveCounter } from './live-counter.ts'

type Columns = { -readonly [Name in keyof Omit<LoadSeries, 'beginNs' | 'transit'>]: LoadSeries[Name][number][] } & {
  readonly transit: string[]
}

/** Counts what the streams of a worker do, per second of the load and phase. A second that is over takes some hundred bytes. */
export class SeriesRecorder {
  /** End of the current second; no second has begun before the load. */
  endNs = Number.POSITIVE_INFINITY
  #beginNs = 0
  #second = 0
  readonly #phases: PhaseSeries[] = []
  readonly #live: LiveCounter | undefined
  readonly #columns: Columns = {
    second: [],
    phase: [],
    starts: [],
    dropped: [],
    ends: [],
    failed: [],
    deltas: [],
    lateUs: [],
    ttft: [],
    transit: [],
  }

  constructor(live?: LiveCounter) {
    this.#live = live
  }

  /** Second 0 starts now. Later phases continue the seconds of the first. */
  begin(beginNs: number): void {
    if (Number.isFinite(this.endNs)) return
    this.#beginNs = beginNs
    this.endNs = beginNs + 1e9
  }

  /** The counters of a phase. */
  phase(index: number): PhaseSeries {
    this.#phases[index] ??= new PhaseSeries(this, (ttftNs) => this.#live?.first(index, ttftNs))
    return this.#phases[index]
  }

  /** Closes the seconds that are over at an instant. */
  advance(ns: number): void {
    while (ns >= this.endNs) {
      this.#close()
      this.#second++
      this.endNs += 1e9
    }
  }

  /** The series so far, without transit times if the clocks are unrelated. */
  read(isClockKnown: boolean): LoadSeries {
    this.#close()
    const { transit, ...columns } = this.#columns
    const hasTransit = isClockKnown && transit.some((text) => text !== '')
    return { beginNs: this.#beginNs, ...columns, ...(hasTransit ? { transit } : {}) }
  }

  #close(): void {
    const columns = this.#columns
    for (const [index, phase] of this.#phases.entries()) {
      // A phase may have no streams here.
      if (phase === undefined || !phase.isActive()) continue
      columns.second.push(this.#second)
      columns.phase.push(index)
      columns.starts.push(phase.starts)
      columns.dropped.push(phase.dropped)
      columns.ends.push(phase.ends)
      columns.failed.push(phase.failed)
      columns.deltas.push(phase.deltas)
      columns.lateUs.push(Math.max(0, Math.round(phase.lateNs / 1000)))
      columns.ttft.push(phase.ttft.take())
      columns.transit.push(phase.transit.take())
      phase.clear()
    }
  }
}

/** The counters of one phase in the current second. */
export class PhaseSeries {
  starts = 0
  dropped = 0
  ends = 0
  failed = 0
  deltas = 0
  lateNs = 0
  readonly ttft = new SecondHistogram()
  readonly transit = new SecondHistogram()
  readonly #recorder: SeriesRecorder
  readonly #onFirst: (ttftNs: number) => void
  #open = 0

  constructor(recorder: SeriesRecorder, onFirst: (ttftNs: number) => void) {
    this.#recorder = recorder
    this.#onFirst = onFirst
  }

  /** Counts a start. */
  started(intendedNs: number, startedNs: number): void {
    this.#at(startedNs)
    this.#open++
    this.starts++
    this.lateNs = Math.max(this.lateNs, startedNs - intendedNs)
  }

  /** Counts a start that was dropped. */
  drop(ns: number): void {
    this.#at(ns)
    this.dropped++
  }

  /** Counts a delta; `ttftNs` is set for the first of a stream. */
  delta(ns: number, ttftNs: number | undefined): void {
    this.#at(ns)
    this.deltas++
    if (ttftNs === undefined) return
    this.ttft.record(ttftNs / 1000)
    this.#onFirst(ttftNs)
  }

  /** Counts the transit time of a delta. */
  transited(ns: number, us: number): void {
    this.#at(ns)
    this.transit.record(us)
  }

  /** Counts the end of a stream. */
  ended(ns: number, hasFailed: boolean): void {
    this.#at(ns)
    this.#open--
    this.ends++
    if (hasFailed) this.failed++
  }

  /** Whether a stream was open, or to start, in the current second. */
  isActive(): boolean {
    return this.#open > 0 || this.starts > 0 || this.ends > 0 || this.dropped > 0
  }

  /** Starts the next second. */
  clear(): void {
    this.starts = 0
    this.dropped = 0
    this.ends = 0
    this.failed = 0
    this.deltas = 0
    this.lateNs = 0
  }

  #at(ns: number): void {
    if (ns >= this.#recorder.endNs) this.#recorder.advance(ns)
  }
}
