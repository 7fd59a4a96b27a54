/** A stream that opened or closed in a process, on the clock of `clock.ts`, which all processes share. */
export type Change = readonly [atNs: number, change: 1 | -1]

/**
 * The highest number of streams open at once across all processes, which cannot be computed from the peak of each. Processes
 * report their changes up to some instant. Changes up to the earliest of these instants are counted and dropped, so that memory
 * does not grow with the number of streams.
 */
export class JointPeak {
  #open = 0
  #peak = 0
  #waiting: Change[] = []
  readonly #reportedUntilNs: number[]

  constructor(processes: number) {
    this.#reportedUntilNs = new Array<number>(processes).fill(0)
  }

  /** Adds the changes of process `index` since its last report, complete up to `untilNs`. */
  add(index: number, changes: readonly Change[], untilNs: number): void {
    this.#reportedUntilNs[index] = untilNs
    // A stream that closes at an instant is not open at that instant, as in `peakConcurrency`.
    this.#waiting = [...this.#waiting, ...changes].sort(([aNs, a], [bNs, b]) => aNs - bNs || a - b)
    const untilAllNs = Math.min(...this.#reportedUntilNs)
    const later = this.#waiting.findIndex(([atNs]) => atNs > untilAllNs)
    for (const [, change] of this.#waiting.splice(0, later === -1 ? this.#waiting.length : later)) {
      this.#open += change
      this.#peak = Math.max(this.#peak, this.#open)
    }
  }

  /** The peak so far, up to the latest instant that the reports of all processes cover. */
  get peak(): number {
    return this.#peak
  }

  /** Restarts the count; open streams stay open. */
  reset(): void {
    this.#peak = this.#open
  }
}
