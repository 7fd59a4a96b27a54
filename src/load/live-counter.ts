import { holds } from '../judge/thresholds/comparison.ts'
import { abortingThresholds, type LiveCounts, liveTimeLimits } from '../judge/thresholds/live-threshold.ts'
import type { Threshold } from '../judge/thresholds/threshold.ts'
import { phasesOf } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Scenario } from '../model/scenario.ts'

/** Counters of a worker before those of the time limits. */
const [ended, failed, timed, firstLimit] = [0, 1, 2, 3]

/** Counters of a worker: a full cache line at least, because threads that write to the same line slow each other down. */
function countersOf(limits: readonly Threshold[]): number {
  return Math.ceil((firstLimit + limits.length) / 16) * 16
}

/** Shared memory for what the workers count for the thresholds that may end a load; undefined if the scenario has none. */
export function createLiveBoard(scenario: Scenario, workers: number): SharedArrayBuffer | undefined {
  const thresholds = abortingThresholds(scenario)
  if (thresholds.length === 0) return undefined
  return new SharedArrayBuffer(workers * countersOf(liveTimeLimits(thresholds)) * Uint32Array.BYTES_PER_ELEMENT)
}

/** The sum of what all workers have counted. */
export function readLiveBoard(board: SharedArrayBuffer, scenario: Scenario): LiveCounts {
  const limits = liveTimeLimits(abortingThresholds(scenario))
  const size = countersOf(limits)
  const counters = new Uint32Array(board)
  const sum = (counter: number) => {
    let total = 0
    for (let at = counter; at < counters.length; at += size) total += Atomics.load(counters, at)
    return total
  }
  return {
    ended: sum(ended),
    failed: sum(failed),
    timed: sum(timed),
    over: limits.map((_, at) => sum(firstLimit + at)),
  }
}

/** Counts for one worker. Streams of excluded phases do not count. */
export class LiveCounter {
  readonly #counters: Uint32Array
  readonly #limits: readonly Threshold[]
  readonly #isCounted: readonly boolean[]

  constructor(board: SharedArrayBuffer, scenario: Scenario, worker: number) {
    this.#limits = liveTimeLimits(abortingThresholds(scenario))
    const size = countersOf(this.#limits)
    this.#counters = new Uint32Array(board, worker * size * Uint32Array.BYTES_PER_ELEMENT, size)
    this.#isCounted = phasesOf(scenario).map(({ excluded }) => excluded !== true)
  }

  /** Counts the time to first token of a stream; infinite if it failed before. */
  first(phase: number, ttftNs: number): void {
    if (!this.#isCounted[phase]) return
    Atomics.add(this.#counters, timed, 1)
    for (const [at, { operator, limit }] of this.#limits.entries())
      if (!holds(ttftNs, operator, limit)) Atomics.add(this.#counters, firstLimit + at, 1)
  }

  /** Counts the end of a stream. */
  ended({ phase = 0, outcome, firstDeltaNs }: StreamRecord): void {
    if (!this.#isCounted[phase] || outcome.state === 'aborted') return
    Atomics.add(this.#counters, ended, 1)
    if (outcome.state !== 'failed') return
    Atomics.add(this.#counters, failed, 1)
    if (firstDeltaNs === undefined) this.first(phase, Number.POSITIVE_INFINITY)
  }
}
