import { counted, grouped } from '../../base/format.ts'
import type { Measure } from '../../base/quantity.ts'
import { phasesOf } from '../../model/phase.ts'
import type { StreamRecord } from '../../model/record.ts'
import type { Run } from '../../model/run.ts'
import type { GatewayFinding } from '../gateway-finding.ts'
import { type Summary, wallTimeS } from '../summary.ts'
import type { InstrumentJudgement } from '../timing.ts'
import { holds } from './comparison.ts'
import type { Reading } from './figure.ts'
import { type Goodput, goodputOf } from './goodput.ts'
import { type Metric, metricOf } from './metrics.ts'
import { displayOf, type thresholdUnits } from './quantity-text.ts'
import type { Slice } from './slice.ts'
import { formatThreshold, parseThreshold, type Threshold } from './threshold.ts'

/** The states of a threshold after a run. Only the first two say something about the gateway. */
export const thresholdStates = ['ok', 'broken', 'too_few_samples', 'not_measured', 'invalid_timing'] as const

/** A threshold, and what a run says about it. */
export interface JudgedThreshold {
  /** The threshold in its canonical form. */
  readonly text: string
  readonly metric: string
  /** Name of its phase; undefined for the whole run. */
  readonly phase?: string
  readonly state: (typeof thresholdStates)[number]
  readonly unit: (typeof thresholdUnits)[number]
  /** Undefined if it was not measured, or if too many streams failed before they reached it. */
  readonly observed?: number
  readonly limit: number
  /** Values that it was computed from; undefined if it is not a statistic. */
  readonly samples?: number
  /** What was observed, as text, such as `612.30 ms (n 200)`. */
  readonly got: string
}

/** What thresholds are judged by. */
interface Evidence {
  readonly run: Run
  readonly summary: Summary
  readonly gatewayFindings: readonly GatewayFinding[]
  readonly instrument: InstrumentJudgement
}

/** Judges every threshold of a run. */
export function judgeThresholds(evidence: Evidence): readonly JudgedThreshold[] {
  const { scenario } = evidence.run
  const slices = new Map<string | undefined, Slice | undefined>()
  const sliceFor = (phase: string | undefined) => {
    if (!slices.has(phase)) slices.set(phase, sliceOf(evidence, phase))
    return slices.get(phase)
  }
  return (scenario.thresholds ?? []).map((text) => {
    const threshold = parseThreshold(text, [])
    const metric = threshold && metricOf(threshold.metric)
    if (!threshold || !metric) return unknownThreshold(text)
    return judgeThreshold(evidence, sliceFor(threshold.phase), threshold, metric)
  })
}

/** The goodput of a run whose scenario has limits for each stream. */
export function goodputOfRun(run: Run): Goodput | undefined {
  const limits = run.scenario.goodput ?? []
  if (limits.length === 0) return undefined
  const records = countedRecords(run)
  return goodputOf(records, limits, wallTimeS(records))
}

/** A threshold that another version wrote. */
function unknownThreshold(text: string): JudgedThreshold {
  const got = 'not known to this version'
  return { text, metric: text, state: 'not_measured', unit: 'count', limit: 0, got }
}

function judgeThreshold(
  { run, instrument }: Evidence,
  slice: Slice | undefined,
  threshold: Threshold,
  metric: Metric,
): JudgedThreshold {
  const text = formatThreshold(threshold)
  const reading = slice ? metric.read(slice, false) : {}
  const judged = (state: JudgedThreshold['state'], got: string): JudgedThreshold => ({
    text,
    metric: threshold.metric,
    phase: threshold.phase,
    state,
    unit: displayOf(metric.measure).unit,
    observed: numberOf(reading.value, metric.measure),
    limit: numberOf(threshold.limit, metric.measure) as number,
    samples: reading.n,
    got,
  })
  const observed = observedText(reading, metric.measure)
  const isBroken = (value: number) => !holds(value, threshold.operator, threshold.limit)
  if (instrument.failures.length > 0) return judged('invalid_timing', 'the harness failed')
  if (instrument.timing.state === 'invalid' && metric.basis !== 'fact') {
    // A failure that a slow harness cannot cause is the gateway's, however slow the harness was.
    const exact = metric.basis === 'ending' && slice ? metric.read(slice, true).value : undefined
    if (exact !== undefined && isMaximum(threshold) && isBroken(exact)) return judged('broken', observed)
    return judged('invalid_timing', 'the times are invalid')
  }
  if (run.abortedBy?.threshold === text) return judged('broken', observed)
  const { value, n, fewest } = reading
  if (n !== undefined && n > 0 && fewest !== undefined && n < fewest)
    return judged('too_few_samples', `${counted(n, 'value')}, needs ${grouped(fewest)}`)
  if (value === undefined) return judged('not_measured', 'not measured')
  const suspect = instrument.timing.state === 'suspect' && metric.basis === 'time' ? ', timing is suspect' : ''
  return judged(isBroken(value) ? 'broken' : 'ok', `${observed}${suspect}`)
}

/** Whether a threshold is a largest value: then more failures cannot repair it. */
function isMaximum({ operator }: Threshold): boolean {
  return operator === '<' || operator === '<='
}

/** Undefined if the load did not start (then the records are those of a warm-up), or if the scenario has no such phase. */
function sliceOf({ run, summary, gatewayFindings }: Evidence, phase: string | undefined): Slice | undefined {
  const { scenario, stopped, dropped = [] } = run
  if (stopped?.phase === 'warm-up' || stopped?.phase === 'baseline') return undefined
  const isCounted = countedPhases(run, phase)
  const records = countedRecords(run, phase)
  if (records.length === 0) return undefined
  const wallS = wallTimeS(records)
  return {
    run,
    summary,
    gatewayFindings,
    records,
    phase: phase === undefined ? undefined : phasesOf(scenario).findIndex(({ name }) => name === phase),
    wallS,
    dropped: dropped.reduce((sum, count, index) => sum + (isCounted(index) ? count : 0), 0),
    goodput: goodputOf(records, scenario.goodput ?? [], wallS),
  }
}

/** Streams of the phases that count for the whole run, or of one phase. */
function countedRecords(run: Run, phase?: string): readonly StreamRecord[] {
  const isCounted = countedPhases(run, phase)
  return run.records.filter((record) => isCounted(record.phase ?? 0))
}

function countedPhases({ scenario }: Run, phase: string | undefined): (index: number) => boolean {
  const phases = phasesOf(scenario)
  return (index) => (phase === undefined ? phases[index]?.excluded !== true : phases[index]?.name === phase)
}

function numberOf(value: number | undefined, measure: Measure): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value / displayOf(measure).quanta
}

function observedText({ value, n }: Reading, measure: Measure): string {
  const samples = n === undefined ? '' : ` (n ${grouped(n)})`
  if (value === undefined) return 'not measured'
  if (!Number.isFinite(value)) return `never: too many streams failed first${samples}`
  const { text, quanta } = displayOf(measure)
  return `${text(value / quanta)}${samples}`
}
