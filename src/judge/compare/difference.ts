import { criticalT, deviation, meanOf, twoSidedP } from '../statistics.ts'
import type { Estimate } from './estimates.ts'

/**
 * How two sides are compared. `blocks`: one run each, by the blocks of streams within them. `runs`: by the differences between runs.
 * `pairs`: by the differences within pairs of runs that were measured one after the other.
 */
export type Method = 'blocks' | 'runs' | 'pairs'

/** NEW minus BASE, and how well it is known. */
export interface Difference {
  readonly difference: number
  /** Its standard error with its degrees of freedom; absent: nothing shows how much it varies. */
  readonly spread?: { readonly error: number; readonly degrees: number }
}

/** Degrees of freedom of two runs with ten blocks each. */
const blockDegrees = 18

/** Fewest pairs: two do not show how much they vary. */
export const leastPairs = 3

/** The difference of a metric between two sides, each with one estimate per run, in order of their starts. */
export function differenceOf(base: readonly Estimate[], changed: readonly Estimate[], method: Method): Difference {
  const difference = meanValue(changed) - meanValue(base)
  return { difference, spread: spreadOf(base, changed, method) }
}

function spreadOf(base: readonly Estimate[], changed: readonly Estimate[], method: Method): Difference['spread'] {
  // Runs that happen to agree do not vary less than the streams in them.
  const within = withinError(base) ** 2 + withinError(changed) ** 2
  switch (method) {
    case 'blocks': {
      const isKnown = [...base, ...changed].every(({ error }) => error !== undefined)
      return isKnown ? { error: Math.sqrt(within), degrees: blockDegrees } : undefined
    }
    case 'pairs': {
      const differences = changed.map(({ value }, at) => value - (base[at]?.value ?? Number.NaN))
      const n = differences.length
      return { error: Math.sqrt(Math.max(deviation(differences) ** 2 / n, within)), degrees: n - 1 }
    }
    case 'runs':
      return betweenRuns(base, changed, within)
  }
}

/** Welch (1947). With one run on a side, that side is taken to vary like the other one. */
function betweenRuns(base: readonly Estimate[], changed: readonly Estimate[], within: number): Difference['spread'] {
  const [nBase, nChanged] = [base.length, changed.length]
  const [ofBase, ofChanged] = [variance(base), variance(changed)]
  if (nBase < 2 || nChanged < 2) {
    const known = nBase < 2 ? ofChanged : ofBase
    const error = Math.sqrt(Math.max(known * (1 / nBase + 1 / nChanged), within))
    return { error, degrees: Math.max(nBase, nChanged) - 1 }
  }
  const [partBase, partChanged] = [ofBase / nBase, ofChanged / nChanged]
  const sum = partBase + partChanged
  const degrees =
    sum === 0 ? nBase + nChanged - 2 : sum ** 2 / (partBase ** 2 / (nBase - 1) + partChanged ** 2 / (nChanged - 1))
  return { error: Math.sqrt(Math.max(sum, within)), degrees }
}

/** The standard error of a mean, from within the runs alone. */
function withinError(estimates: readonly Estimate[]): number {
  const squares = estimates.reduce((sum, { error = 0 }) => sum + error ** 2, 0)
  return Math.sqrt(squares) / estimates.length
}

/** The mean of the values. */
export function meanValue(estimates: readonly Pick<Estimate, 'value'>[]): number {
  return meanOf(estimates.map(({ value }) => value))
}

function variance(estimates: readonly Estimate[]): number {
  return deviation(estimates.map(({ value }) => value)) ** 2
}

/** The 95 % confidence interval of a difference; undefined if nothing shows how much it varies. */
export function intervalOf({ difference, spread }: Difference): readonly [low: number, high: number] | undefined {
  if (!spread) return undefined
  const half = criticalT(0.05, spread.degrees) * spread.error
  return [difference - half, difference + half]
}

/** The probability of at least this difference if the real one were within `allowed`, in either direction. */
export function pOf({ difference, spread }: Difference, allowed: number): number | undefined {
  if (!spread) return undefined
  const beyond = Math.abs(difference) - allowed
  if (beyond <= 0) return 1
  return spread.error === 0 ? 0 : twoSidedP(beyond / spread.error, spread.degrees)
}

/**
 * Corrects p-values for their number (Holm, 1979): the probability that any of them is below a limit by chance is at most that limit.
 * Undefined ones are not tests.
 */
export function holm(values: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const sorted = values.flatMap((p, at) => (p === undefined ? [] : [{ p, at }])).sort((a, b) => a.p - b.p)
  const corrected: (number | undefined)[] = values.map(() => undefined)
  let least = 0
  sorted.forEach(({ p, at }, rank) => {
    least = Math.max(least, Math.min(1, p * (sorted.length - rank)))
    corrected[at] = least
  })
  return corrected
}
