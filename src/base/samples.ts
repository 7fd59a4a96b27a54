/** Samples kept per second. */
const slotsPerS = 4

/** Samples of one quantity over time, thinned to the largest of each quarter of a second. */
export class Samples {
  /** When the first sample of each slot was taken, in ns. */
  readonly #atNs: number[] = []
  readonly #values: number[] = []

  /** Adds a sample that was taken at an instant in ns. Undefined: there was none. */
  add(atNs: number, value: number | undefined): void {
    if (value === undefined) return
    const last = this.#atNs.length - 1
    if (slotOf(this.#atNs[last]) === slotOf(atNs)) this.#values[last] = Math.max(this.#values[last] as number, value)
    else {
      this.#atNs.push(atNs)
      this.#values.push(value)
    }
  }

  /** The largest value of each second since `beginNs`; null without a sample. Undefined if none has one. */
  perSecond(beginNs: number, seconds: number): (number | null)[] | undefined {
    const largest = new Array<number | null>(seconds).fill(null)
    for (const [at, ns] of this.#atNs.entries()) {
      const second = secondOf(ns, beginNs)
      if (second >= 0 && second < seconds) largest[second] = Math.max(largest[second] ?? 0, this.#values[at] as number)
    }
    return largest.some((value) => value !== null) ? largest : undefined
  }

  /** How much a counter grew in each second since `beginNs`; null if it was not read in that second. */
  growthPerSecond(beginNs: number, seconds: number): (number | null)[] | undefined {
    const counts = this.perSecond(beginNs, seconds)
    let before = this.#values[this.#atNs.findLastIndex((ns) => ns < beginNs)]
    return counts?.map((count) => {
      if (count === null) return null
      const growth = before === undefined ? null : roundedToUs(Math.max(0, count - before))
      before = count
      return growth
    })
  }
}

/** Without the noise of a subtraction; for CPU time in s. */
function roundedToUs(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6
}

function slotOf(ns = Number.NaN): number {
  return Math.floor((ns * slotsPerS) / 1e9)
}

function secondOf(ns: number, beginNs: number): number {
  return Math.floor((ns - beginNs) / 1e9)
}
