import type { Problem } from '../../base/errors.ts'
import { formatQuantity, parseQuantity, timeMeasure } from '../../base/quantity.ts'
import { type Operator, readComparison, unknownName } from './comparison.ts'
import { isTimeName, liveNames, type Metric, metricNames, metricOf, statistics } from './metrics.ts'

/** A limit on a number of the report. */
export interface Threshold {
  /** Name of the metric, such as `ttft.p99`. */
  readonly metric: string
  /** Name of the phase; absent: the whole run. */
  readonly phase?: string
  readonly operator: Operator
  /** In quanta of the measure of the metric. */
  readonly limit: number
  /** Whether to end the load early if it is broken, and not before how many ns. */
  readonly abort?: { readonly afterNs: number }
}

const form = 'METRIC < LIMIT such as "ttft.p99 < 250ms" or "failed.rate < 1%"'

/**
 * Parses `METRIC[{phase:NAME}] < LIMIT[, abort[ after TIME]]`; if it is invalid, adds the problem and returns undefined. Spaces do not
 * matter. The expressions of k6 are accepted too: `ttft.p(99)<250`, a time without a unit in ms, a rate as 0.01.
 */
export function parseThreshold(text: string, problems: Problem[]): Threshold | undefined {
  const comma = text.indexOf(',')
  const read = readComparison(comma < 0 ? text : text.slice(0, comma), form, problems)
  if (!read) return undefined
  const refuse = (message: string, got: string) => {
    problems.push({ where: '', message, got: JSON.stringify(got) })
    return undefined
  }
  const { name, tag } = splitTag(read.left)
  const metric = knownMetric(name, read.left, problems)
  if (!metric) return undefined
  const phase = tag === undefined ? undefined : /^phase:([a-z0-9][a-z0-9-]{0,39})$/.exec(tag)?.[1]
  if (tag !== undefined && phase === undefined)
    return refuse('the tag must be {phase:NAME}, with the name of a phase', `{${tag}}`)
  if (phase !== undefined && !metric.perPhase)
    return refuse(`${metric.name} is only measured for the whole run`, `{${tag}}`)
  const limit = read.limit(metric.name, metric.measure)
  if (limit === undefined) return undefined
  const shared = { metric: metric.name, ...(phase !== undefined && { phase }), operator: read.operator, limit }
  if (comma < 0) return shared
  const abort = readAbort(text.slice(comma + 1), problems)
  if (abort && !canAbort(shared)) return refuse(`abort needs ${abortable}`, text)
  return abort && { ...shared, abort }
}

/** Splits `ttft{phase:spike}.p99` into `ttft.p99` and `phase:spike`. */
function splitTag(text: string): { readonly name: string; readonly tag?: string } {
  const [open, close] = [text.indexOf('{'), text.indexOf('}')]
  if (open < 0 || close < open) return { name: text }
  return { name: `${text.slice(0, open)}${text.slice(close + 1)}`, tag: text.slice(open + 1, close) }
}

/** Formats a threshold as `parseThreshold` reads it: the form in which scenarios store it. */
export function formatThreshold({ metric, phase, operator, limit, abort }: Threshold): string {
  const dot = isTimeName(metric) ? metric.indexOf('.') : metric.lastIndexOf('.')
  const name = phase === undefined ? metric : `${metric.slice(0, dot)}{phase:${phase}}${metric.slice(dot)}`
  const measure = (metricOf(metric) as Metric).measure
  const suffix =
    abort === undefined
      ? ''
      : abort.afterNs === 0
        ? ', abort'
        : `, abort after ${formatQuantity(abort.afterNs, timeMeasure)}`
  return `${name} ${operator} ${formatQuantity(limit, measure)}${suffix}`
}

/**
 * The text of a threshold in a file, in the form of k6: the expression `p(99)<250` of the metric `ttft`. The expression may be an object
 * with the members `threshold`, `abortOnFail` and `delayAbortEval`. Undefined if it is neither.
 */
export function thresholdText(metric: string, expression: unknown): string | undefined {
  if (typeof expression === 'string')
    return `${metric}${/^\s*[<>=!]/.test(expression) ? '' : '.'}${expression.trimStart()}`
  if (typeof expression !== 'object' || expression === null) return undefined
  const members: Readonly<Record<string, unknown>> = { ...expression }
  const { threshold, abortOnFail = false, delayAbortEval, ...others } = members
  if (typeof threshold !== 'string' || typeof abortOnFail !== 'boolean' || Object.keys(others).length > 0)
    return undefined
  if (delayAbortEval !== undefined && typeof delayAbortEval !== 'string') return undefined
  const after = delayAbortEval === undefined ? '' : ` after ${delayAbortEval}`
  return `${thresholdText(metric, threshold)}${abortOnFail ? `, abort${after}` : ''}`
}

/** What a threshold must be to end a load early. */
export const abortable = `an upper limit for the whole run on one of ${liveNames}`

/** Whether a threshold can be evaluated while the load runs. */
export function canAbort({ metric, phase, operator }: Pick<Threshold, 'metric' | 'phase' | 'operator'>): boolean {
  return metricOf(metric)?.isLive === true && phase === undefined && (operator === '<' || operator === '<=')
}

function knownMetric(name: string, written: string, problems: Problem[]): Metric | undefined {
  const metric = metricOf(name)
  if (metric) return metric
  const message = isTimeName(name) ? `the statistics of a time are ${statistics}` : 'unknown metric'
  const problem = unknownName(message, name === '' ? written : name, metricNames)
  problems.push(problem.hint === undefined ? { ...problem, hint: 'docs/thresholds.md lists all metrics.' } : problem)
  return undefined
}

function readAbort(text: string, problems: Problem[]): Threshold['abort'] | undefined {
  const [, isAbort, delay] = /^(abort)(?:after(.*))?$/.exec(text.replace(/\s+/g, '')) ?? []
  const afterNs = delay === undefined ? 0 : parseQuantity(delay, timeMeasure)
  if (isAbort !== undefined && typeof afterNs === 'number') return { afterNs }
  const message = 'the part after the comma must be "abort" or "abort after 10s"'
  problems.push({ where: '', message, got: JSON.stringify(text.trim()) })
  return undefined
}
