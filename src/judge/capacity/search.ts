import type { StepOutcome } from '../../model/capacity.ts'

/** What to search. */
export interface SearchRange {
  readonly from: number
  readonly to: number
  /** Largest distance between the two ends of the answer, as a share: 0.05 is 5 %. */
  readonly precision: number
  /** Runs of each step. The majority decides. */
  readonly repeat: number
  /** Whether steps are whole numbers. */
  readonly isWhole: boolean
}

/** One run of a step. */
export interface SearchTrial {
  readonly n: number
  readonly outcome: StepOutcome
}

/** One step with all of its runs. */
export interface Step<T extends SearchTrial = SearchTrial> {
  readonly n: number
  readonly trials: readonly T[]
  /** Undefined if it needs more runs. */
  readonly outcome: StepOutcome | undefined
}

/** Where the trials so far place the limit. */
export interface Bracket<T extends SearchTrial = SearchTrial> {
  /** The largest step that passed below the first one that did not. */
  readonly low?: Step<T>
  /** The smallest step that did not pass. */
  readonly high?: Step<T>
  /** Steps that passed above one that did not: the gateway is not monotonic, or its limit is noisy. */
  readonly above: readonly Step<T>[]
}

/**
 * The outcome of the runs of one step; undefined if it needs more. A majority of `repeat` runs decides if all agree. If they do not, the
 * step is near the limit, and the majority of twice as many runs decides. If there is no majority then, it did not pass.
 */
export function stepOutcome(outcomes: readonly StepOutcome[], repeat: number): StepOutcome | undefined {
  const counts = { pass: 0, fail: 0, invalid: 0 }
  for (const outcome of outcomes) counts[outcome]++
  const kinds = ['pass', 'fail', 'invalid'] as const
  const isUnanimous = kinds.filter((kind) => counts[kind] > 0).length <= 1
  const needed = isUnanimous ? Math.floor(repeat / 2) + 1 : repeat
  const decided = kinds.find((kind) => counts[kind] >= needed)
  if (decided !== undefined || outcomes.length < 2 * repeat - 1) return decided
  return counts.fail >= counts.invalid ? 'fail' : 'invalid'
}

/** The trials by step, the smallest step first. */
export function stepsOf<T extends SearchTrial>(trials: readonly T[], repeat: number): readonly Step<T>[] {
  const byStep = new Map<number, T[]>()
  for (const trial of trials) byStep.set(trial.n, [...(byStep.get(trial.n) ?? []), trial])
  return [...byStep]
    .sort(([a], [b]) => a - b)
    .map(([n, runs]) => ({
      n,
      trials: runs,
      outcome: stepOutcome(
        runs.map(({ outcome }) => outcome),
        repeat,
      ),
    }))
}

/** Where the trials place the limit. */
export function bracketOf<T extends SearchTrial>(trials: readonly T[], repeat: number): Bracket<T> {
  const decided = stepsOf(trials, repeat).filter(({ outcome }) => outcome !== undefined)
  const high = decided.find(({ outcome }) => outcome !== 'pass')
  const passed = decided.filter(({ outcome }) => outcome === 'pass')
  return {
    low: passed.findLast(({ n }) => high === undefined || n < high.n),
    high,
    above: passed.filter(({ n }) => high !== undefined && n > high.n),
  }
}

/**
 * The next step to run; undefined if the trials have the answer. It doubles the step until one does not pass, and then halves the
 * ratio between the largest that passed and the smallest that did not. A function of the trials alone, so that a search can be resumed.
 */
export function nextStep(range: SearchRange, trials: readonly SearchTrial[]): number | undefined {
  const { from, to, repeat } = range
  const { low, high } = bracketOf(trials, repeat)
  const isOpen = (n: number) =>
    n >= from && n <= to && (low === undefined || n > low.n) && (high === undefined || n < high.n)
  const undecided = stepsOf(trials, repeat).find(({ n, outcome }) => outcome === undefined && isOpen(n))
  if (undecided) return undecided.n
  if (low === undefined) return high === undefined || high.n > from ? from : undefined
  if (high === undefined) return low.n >= to ? undefined : Math.min(to, Math.max(from, 2 * low.n))
  return between(low.n, high.n, range)
}

/** Whether the two ends of a bracket are as close as requested. */
export function isPrecise(low: number, high: number, { precision, isWhole }: SearchRange): boolean {
  // The rounding removes the noise of a quotient such as 105 / 100.
  return Number((high / low).toFixed(9)) <= 1 + precision || (isWhole && high - low <= 1)
}

/** The geometric mean of two steps, as a number that is easy to read; undefined if they are close enough. */
function between(low: number, high: number, range: SearchRange): number | undefined {
  if (isPrecise(low, high, range)) return undefined
  const middle = Math.sqrt(low * high)
  if (range.isWhole) return Math.min(high - 1, Math.max(low + 1, Math.round(middle)))
  const rounded = Number(middle.toPrecision(3))
  return rounded > low && rounded < high ? rounded : middle
}
