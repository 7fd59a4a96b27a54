import { exitStatus } from '../../base/exit-status.ts'
import { canonical } from '../../model/scenario-digest.ts'
import { leastPairs, type Method } from './difference.ts'
import { disturbanceOf } from './disturbance.ts'
import { estimatesOf, type JudgedRun, type RunEstimates } from './estimates.ts'
import { notesOn } from './notes.ts'
import { type Allowances, compareEstimates, type MetricComparison, type MetricVerdict } from './verdicts.ts'

/** A comparison of two sides. */
export interface Comparison {
  readonly base: readonly JudgedRun[]
  readonly changed: readonly JudgedRun[]
  readonly method: Method
  readonly metrics: readonly MetricComparison[]
  /** How far the result can be trusted, one sentence each. */
  readonly notes: readonly string[]
  readonly verdict: 'better' | 'worse' | 'no-difference-shown'
  /** The exit status of `compare`. */
  readonly exitStatus: number
}

/** Compares two sides of at least one run each, which must be comparable and valid. */
export function compareRuns(
  baseRuns: readonly JudgedRun[],
  changedRuns: readonly JudgedRun[],
  allowances: Allowances = { metrics: new Map() },
): Comparison {
  const [base, changed] = [baseRuns, changedRuns].map((runs) => [...runs].sort(byStart)) as [JudgedRun[], JudgedRun[]]
  const method = methodFor(base, changed)
  // Between several runs, a disturbance shows as variation. Of a single one, nobody knows how large it is.
  const isDisturbed = [base, changed].some(([run, ...others]) => run && others.length === 0 && disturbanceOf(run))
  const read = estimatesReader([...base, ...changed])
  const metrics = compareEstimates(base.map(read), changed.map(read), { method, isDisturbed, allowances })
  const verdict = overall(metrics)
  return {
    base,
    changed,
    method,
    metrics,
    notes: notesOn({ base, changed, method, metrics }),
    verdict,
    exitStatus: verdict === 'worse' ? exitStatus.failed : exitStatus.passed,
  }
}

/** Reads the estimates of runs. Goodput by different limits is not the same metric. */
function estimatesReader(runs: readonly JudgedRun[]): (run: JudgedRun) => RunEstimates {
  const limits = new Set(runs.map(({ run }) => canonical(run.scenario.goodput)))
  return (run) => {
    const estimates = estimatesOf(run)
    return limits.size === 1 ? estimates : new Map([...estimates].filter(([name]) => name !== 'goodput.rate'))
  }
}

/** Sorts runs by their starts. */
export function byStart({ run: a }: JudgedRun, { run: b }: JudgedRun): number {
  return a.startedAt < b.startedAt ? -1 : 1
}

/** How to compare sides sorted by start. Runs are pairs if each two in sequence are one of each side, whichever comes first. */
export function methodFor(base: readonly JudgedRun[], changed: readonly JudgedRun[]): Method {
  if (base.length === 1 && changed.length === 1) return 'blocks'
  if (base.length !== changed.length || base.length < leastPairs) return 'runs'
  const bases = new Set(base)
  const sequence = [...base, ...changed].sort(byStart).map((run) => bases.has(run))
  return sequence.every((isBase, at) => at % 2 === 0 || isBase !== sequence[at - 1]) ? 'pairs' : 'runs'
}

function overall(metrics: readonly { readonly verdict: MetricVerdict }[]): Comparison['verdict'] {
  const has = (verdict: MetricVerdict) => metrics.some((metric) => metric.verdict === verdict)
  if (has('worse')) return 'worse'
  return has('better') ? 'better' : 'no-difference-shown'
}
