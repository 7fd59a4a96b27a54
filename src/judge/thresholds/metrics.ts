import { countMeasure, type Measure, timeMeasure } from '../../base/quantity.ts'
import { fewestFor } from '../distribution.ts'
import type { Basis, Figure, Reading } from './figure.ts'
import { figures } from './figures.ts'
import type { Slice } from './slice.ts'
import { type TimeMetric, timeMetrics } from './time-metrics.ts'

/** A metric that a threshold can name. */
export interface Metric {
  /** Such as `ttft.p99`. */
  readonly name: string
  readonly measure: Measure
  readonly basis: Basis
  /** Whether it can be read for one phase. */
  readonly perPhase: boolean
  /** Whether it is known while the load runs. */
  readonly isLive: boolean
  /** With `isExact`, only failures that a slow harness cannot cause count. */
  readonly read: (slice: Slice, isExact: boolean) => Reading
}

/** The statistics of a time, as they are written in a threshold. */
export const statistics = 'pNN (p50, p99, p99.9), min, max, n'

/** Percentiles that a suggestion names. */
const usual = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'min', 'max', 'n']

const figuresByName = new Map(
  figures.flatMap((figure) =>
    (figure.names ?? ['']).map((name) => [figure.name.replace('NAME', name), { figure, name }] as const),
  ),
)
const timesByName = new Map(timeMetrics.map((metric) => [metric.name, metric] as const))

/** Every name that an unknown metric may have been meant to be. */
export const metricNames: readonly string[] = [
  ...timeMetrics.flatMap(({ name }) => usual.map((statistic) => `${name}.${statistic}`)),
  ...figuresByName.keys(),
]

/** Metrics that are known while the load runs, in words. */
export const liveNames = [
  ...figures.flatMap(({ name, isLive }) => (isLive ? [name] : [])),
  ...timeMetrics.flatMap(({ name, isLive }) => (isLive ? [`${name}.pNN`, `${name}.max`] : [])),
].join(', ')

/** The percentile that a metric of a time is, such as 99 for `ttft.p99`, and 100 for a maximum; undefined for others. */
export function percentileOfMetric(name: string): number | undefined {
  const statistic = name.slice(name.indexOf('.') + 1)
  return statistic === 'max' ? 100 : percentileOf(statistic)
}

/** The metric with this name, such as `ttft.p99`; undefined if there is none. k6's `p(99)` and `med` are accepted. */
export function metricOf(name: string): Metric | undefined {
  const known = figuresByName.get(name)
  if (known) return figureMetric(name, known.figure, known.name)
  const dot = name.indexOf('.')
  const time = timesByName.get(name.slice(0, Math.max(0, dot)))
  return time && timeMetric(time, name.slice(dot + 1))
}

/** Whether a name begins like that of a time, of which only the statistic is unknown. */
export function isTimeName(name: string): boolean {
  return timesByName.has(name.split('.', 1)[0] as string)
}

function figureMetric(
  name: string,
  { measure, basis, perPhase = false, isLive = false, read }: Figure,
  named: string,
): Metric {
  return {
    name,
    measure,
    basis,
    perPhase,
    isLive,
    read: (slice, isExact) => {
      const reading = read(slice, isExact, named)
      return typeof reading === 'object' ? reading : { value: reading }
    },
  }
}

function timeMetric(
  { name, perPhase = false, isLive = false, read }: TimeMetric,
  statistic: string,
): Metric | undefined {
  const shared = { basis: 'time', perPhase, isLive: false } as const
  if (statistic === 'n')
    return {
      ...shared,
      name: `${name}.n`,
      measure: countMeasure,
      read: (slice) => ({ value: read(slice)?.n ?? 0 }),
    }
  if (statistic === 'min' || statistic === 'max')
    return {
      ...shared,
      name: `${name}.${statistic}`,
      isLive: isLive && statistic === 'max',
      measure: timeMeasure,
      read: (slice) => {
        const sample = read(slice)
        return { value: sample?.[statistic], n: sample?.n, fewest: 1 }
      },
    }
  const p = percentileOf(statistic)
  if (p === undefined) return undefined
  return {
    ...shared,
    name: `${name}.p${p}`,
    isLive,
    measure: timeMeasure,
    read: (slice) => {
      const sample = read(slice)
      return { value: sample?.at(p), n: sample?.n ?? 0, fewest: fewestFor(p) }
    },
  }
}

/** The percentile of `p99`, `p99.9`, `p(99)` or `med`; undefined if it is not between 0 and 100. */
function percentileOf(statistic: string): number | undefined {
  if (statistic === 'med') return 50
  const [, plain, inBrackets] = /^p(?:(\d{1,2}(?:\.\d{1,3})?)|\((\d{1,2}(?:\.\d{1,3})?)\))$/.exec(statistic) ?? []
  const p = Number(plain ?? inBrackets ?? Number.NaN)
  return p > 0 ? p : undefined
}
