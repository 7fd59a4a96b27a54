import { type EndingSignal, exitStatus, statusOfSignal } from '../../base/exit-status.ts'
import type { Break, Capacity, StepOutcome, Trial } from '../../model/capacity.ts'
import { bracketOf, isPrecise, type SearchRange, stepsOf } from './search.ts'

/** One step of the curve: the medians of its runs. */
export interface CurvePoint {
  readonly n: number
  /** Undefined if the search ended before it had enough runs. */
  readonly outcome: StepOutcome | undefined
  readonly runs: number
  readonly passed: number
  readonly started: number
  readonly failed: number
  readonly ttftP50Ms?: number
  readonly ttftP99Ms?: number
  readonly cpuCores?: number
  readonly memoryPeakBytes?: number
  readonly drainMs?: number
  /** What broke in the most of its runs. */
  readonly broke?: Break
}

/** Why only a lower bound is claimed. */
export type Bound = 'instrument' | 'range' | 'machine' | 'time' | 'interrupt' | 'gateway' | 'environment'

/** The answer of a search. */
export interface CapacityAnswer {
  /**
   * `found`: between `low`, which passed, and `high`, which failed. `at_least`: `low` passed, and nothing is known beyond. `below`: the
   * lowest step failed. `invalid`: the lowest step says nothing about the gateway. `none`: no step was complete.
   */
  readonly kind: 'found' | 'at_least' | 'below' | 'invalid' | 'none'
  /** The largest step that passed. */
  readonly low?: number
  /** The smallest step that failed. */
  readonly high?: number
  /** The smallest step at which the harness was the limit. */
  readonly invalidAt?: number
  /** Whether the ends are as close as requested; false if the search ended early. */
  readonly isPrecise: boolean
  /** Why nothing is known beyond `low`. */
  readonly bound?: Bound
  /** What broke first, at `high`, or at `invalidAt` without one. */
  readonly broke?: Break
  /** Steps that passed above one that did not. */
  readonly passedAbove: readonly number[]
}

/** Every conclusion from a search. */
export interface JudgedCapacity {
  readonly answer: CapacityAnswer
  readonly curve: readonly CurvePoint[]
  readonly exitStatus: number
}

/** Judges a search by its plain data alone. */
export function judgeCapacity(capacity: Capacity): JudgedCapacity {
  const curve = curveOf(capacity)
  const answer = answerOf(capacity, curve)
  return { answer, curve, exitStatus: statusOf(answer, capacity) }
}

/** The range of a search. The machine may not be able to open as many streams as its end. */
export function rangeOf({ of, search, machineLimit }: Pick<Capacity, 'of' | 'search' | 'machineLimit'>): SearchRange {
  const { from, to, precision, repeat } = search
  const isWhole = of === 'streams'
  return { from, to: isWhole && machineLimit ? Math.min(to, machineLimit.streams) : to, precision, repeat, isWhole }
}

/**
 * The trials, with the last one repeated if the gateway is gone: it cannot run the step again, and what ended it is known.
 */
function decisiveTrials({ trials, search, ended }: Capacity): readonly Trial[] {
  const last = trials.at(-1)
  if (ended?.why !== 'gateway' || last === undefined || last.outcome === 'pass') return trials
  return [...trials, ...Array.from({ length: search.repeat }, () => last)]
}

function curveOf(capacity: Capacity): readonly CurvePoint[] {
  return stepsOf(decisiveTrials(capacity), capacity.search.repeat).map(({ n, outcome, trials }) => {
    const runs = [...new Set(trials)]
    const middle = (value: (trial: Trial) => number | undefined) => median(runs.flatMap((trial) => value(trial) ?? []))
    return {
      n,
      outcome,
      runs: runs.length,
      passed: runs.filter((run) => run.outcome === 'pass').length,
      started: sum(runs.map(({ started }) => started)),
      failed: sum(runs.map(({ failed }) => failed)),
      ttftP50Ms: middle(({ ttftP50Ms }) => ttftP50Ms),
      ttftP99Ms: middle(({ ttftP99Ms }) => ttftP99Ms),
      cpuCores: middle(({ cpuCores }) => cpuCores),
      memoryPeakBytes: middle(({ memoryPeakBytes }) => memoryPeakBytes),
      drainMs: middle(({ drainMs }) => drainMs),
      broke: mostFrequent(
        runs.filter(
          (run) => run.outcome !== 'pass' && (outcome === 'pass' || outcome === undefined || run.outcome === outcome),
        ),
      ),
    }
  })
}

function answerOf(capacity: Capacity, curve: readonly CurvePoint[]): CapacityAnswer {
  const range = rangeOf(capacity)
  const { low, high, above } = bracketOf(decisiveTrials(capacity), range.repeat)
  const failing = curve.find(({ outcome }) => outcome === 'fail')
  const invalid = curve.find(({ outcome }) => outcome === 'invalid')
  const passedAbove = above.map(({ n }) => n)
  const ends = {
    low: low?.n,
    high: failing?.n,
    invalidAt: invalid && (failing === undefined || invalid.n < failing.n) ? invalid.n : undefined,
    broke: failing?.broke ?? invalid?.broke,
    isPrecise: low !== undefined && high !== undefined && isPrecise(low.n, high.n, range),
    passedAbove,
  }
  if (low === undefined)
    return {
      ...ends,
      kind: high === undefined ? 'none' : high.outcome === 'fail' ? 'below' : 'invalid',
      bound: boundOf(capacity),
    }
  if (high?.outcome === 'fail') return { ...ends, kind: 'found', bound: ends.isPrecise ? undefined : boundOf(capacity) }
  const bound = high ? 'instrument' : (boundOf(capacity) ?? (capacity.search.to > range.to ? 'machine' : 'range'))
  // A limit of the harness hides the one of the gateway.
  return { ...ends, kind: 'at_least', bound, broke: invalid?.broke }
}

function boundOf({ ended }: Capacity): Bound | undefined {
  return ended?.why
}

function statusOf({ kind }: CapacityAnswer, { ended }: Capacity): number {
  if (ended?.why === 'interrupt') return statusOfSignal(ended.detail as EndingSignal)
  if (ended?.why === 'environment') return exitStatus.environment
  switch (kind) {
    case 'found':
    case 'at_least':
      return exitStatus.passed
    case 'below':
      return exitStatus.failed
    case 'invalid':
    case 'none':
      return exitStatus.invalid
  }
}

/** The break of the kind that the most trials have; of these, the first. */
function mostFrequent(trials: readonly Trial[]): Break | undefined {
  const breaks = trials.flatMap(({ broke }) => broke ?? [])
  const count = (kind: Break['kind']) => breaks.filter((broke) => broke.kind === kind).length
  return breaks.reduce<Break | undefined>(
    (most, broke) => (most === undefined || count(broke.kind) > count(most.kind) ? broke : most),
    undefined,
  )
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [below, above] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  return below === undefined || above === undefined ? undefined : (below + above) / 2
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
