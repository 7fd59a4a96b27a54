/** One stream that opened or closed at a process, on the clock of `clock.ts`, which is one for all processes. */
export type Change = readonly [atNs: number, change: 1 | -1]

/**
 * The most streams that were open at one instant at several processes together, which no peaks of each can say. Each tells
 * what opened and closed there up to an instant; what is up to the earliest of these is put in order and counted, so that
 * memory does not grow with the streams.
 */
export class JointPeak {
  #open = 0
  #peak = 0
  #waiting: Change[] = []
  readonly #toldUntilNs: number[]

  constructor(processes: number) {
    this.#toldUntilNs = new Array<number>(processes).fill(0)
  }

  /** What process `index` had since it told last, all of it up to `untilNs`. */
  take(index: number, changes: readonly Change[], untilNs: number): void {
    this.#toldUntilNs[index] = untilNs
    // What closes at an instant is not open at it: as `peakConcurrency` has it.
    this.#waiting = [...this.#waiting, ...changes].sort(([a, one], [b, other]) => a - b || one - other)
    const untilAllNs = Math.min(...this.#toldUntilNs)
    const later = this.#waiting.findIndex(([atNs]) => atNs > untilAllNs)
    for (const [, change] of this.#waiting.splice(0, later === -1 ? this.#waiting.length : later)) {
      this.#open += change
      this.#peak = Math.max(this.#peak, this.#open)
    }
  }

  /** The peak up to the instant to which all have told. */
  get peak(): number {
    return this.#peak
  }

  /** Counts anew; streams that are open stay so. */
  reset(): void {
    this.#peak = this.#open
  }
}
