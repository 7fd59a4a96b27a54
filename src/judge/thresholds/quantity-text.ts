import { fixed, grouped } from '../../base/format.ts'
import {
  countMeasure,
  dataRateMeasure,
  type Measure,
  rateMeasure,
  shareMeasure,
  sizeMeasure,
  timeMeasure,
} from '../../base/quantity.ts'

/** Units of the numbers of a threshold. */
export const thresholdUnits = ['ms', 'share', 'bytes', '/s', 'Mbit/s', 'count'] as const

interface Display {
  readonly unit: (typeof thresholdUnits)[number]
  /** What kind of value it is, in one or two words. */
  readonly label: string
  /** Quanta of one unit. */
  readonly quanta: number
  readonly text: (value: number) => string
}

const displays: ReadonlyMap<Measure, Display> = new Map<Measure, Display>([
  [timeMeasure, { unit: 'ms', label: 'time', quanta: 1e6, text: timeText }],
  [shareMeasure, { unit: 'share', label: 'share', quanta: 1e6, text: shareText }],
  [sizeMeasure, { unit: 'bytes', label: 'size', quanta: 1, text: (bytes) => `${fixed(bytes / 2 ** 20, 2)} MiB` }],
  [rateMeasure, { unit: '/s', label: 'rate', quanta: 1e6, text: (rate) => `${fixed(rate, 2)}/s` }],
  [dataRateMeasure, { unit: 'Mbit/s', label: 'data rate', quanta: 1e6, text: (rate) => `${fixed(rate, 2)} Mbit/s` }],
  [countMeasure, { unit: 'count', label: 'count', quanta: 1, text: grouped }],
])

/** How people read values of a measure. */
export function displayOf(measure: Measure): Display {
  return displays.get(measure) as Display
}

/** A share such as `3.00 %`. */
export function shareText(share: number): string {
  return `${fixed(share * 100, 2)} %`
}

function timeText(ms: number): string {
  return Math.abs(ms) < 1 ? `${fixed(ms * 1000, 1)} us` : `${fixed(ms, 2)} ms`
}
