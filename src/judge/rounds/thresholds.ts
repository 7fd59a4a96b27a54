import { counted } from '../../base/format.ts'
import { metricOf } from '../thresholds/metrics.ts'
import { displayOf } from '../thresholds/quantity-text.ts'
import type { JudgedThreshold } from '../thresholds/thresholds.ts'
import { spreadOf } from './spread.ts'

/** A threshold that the median of all runs decides, and what the runs say about it. */
export interface JudgedRoundThreshold extends Pick<JudgedThreshold, 'text' | 'metric' | 'phase' | 'state' | 'unit'> {
  /** Runs that meet it, and runs that say something about it. */
  readonly met: number
  readonly judged: number
  /** Median of what was observed; undefined if no run has a value. */
  readonly median?: number
  /** What was observed, as text. */
  readonly got: string
}

/**
 * Judges the thresholds of several runs, which are those of the same scenario. A threshold is met if more than half of the runs meet it:
 * that is a threshold on the median, and on the worse of the two in the middle if their number is even.
 */
export function judgeRoundThresholds(runs: readonly (readonly JudgedThreshold[])[]): readonly JudgedRoundThreshold[] {
  const [first = []] = runs
  return first.map((threshold, at) =>
    overRuns(
      threshold,
      runs.flatMap((thresholds) => thresholds[at] ?? []),
    ),
  )
}

function overRuns(threshold: JudgedThreshold, all: readonly JudgedThreshold[]): JudgedRoundThreshold {
  const { text, metric, phase, unit } = threshold
  const said = all.filter(({ state }) => state !== 'invalid_timing')
  const met = said.filter(({ state }) => state === 'ok').length
  const median = spreadOf(said.flatMap(({ observed }) => observed ?? []))?.median
  const shared = { text, metric, phase, unit, met, judged: said.length, median }
  const first = said.find(({ state }) => state !== 'ok')
  if (said.length === 0) return { ...shared, state: 'invalid_timing', got: 'the times of all runs are invalid' }
  const measure = metricOf(metric)?.measure
  const observed = median === undefined || !measure ? (first?.got ?? '') : `median ${displayOf(measure).text(median)}`
  const got = `met in ${met} of ${counted(said.length, 'run')}, ${observed}`
  if (met * 2 > said.length || !first) return { ...shared, state: 'ok', got }
  const isBroken = said.some(({ state }) => state === 'broken')
  return { ...shared, state: isBroken ? 'broken' : first.state, got }
}
