/** A kind of quantity. Values are whole numbers of a quantum, so that formatting a value and parsing the text is lossless. */
export interface Measure {
  /** What a value is, such as `a time`. */
  readonly what: string
  /** Texts that are accepted, such as `250ms or 1.5s`. */
  readonly example: string
  /** Units in ascending order, each with its number of quanta; `''` is a number without a unit. */
  readonly units: readonly (readonly [unit: string, quanta: number])[]
  /** Quanta of a number without a unit; absent: the unit is required. */
  readonly bare?: number
  /** Largest value, in quanta; absent: `largest`. */
  readonly most?: number
  /** Whether decimals are refused. */
  readonly isWhole?: boolean
}

/** Largest value in quanta: with 15 digits, every decimal text stands for one number. */
const largest = 1e15

/** Parses a quantity as a number of quanta. If it is invalid, returns what is wrong, in words that continue `the limit`. */
export function parseQuantity(text: string, measure: Measure): number | string {
  const { what, example, units, bare, most = largest, isWhole = false } = measure
  const [, integer, decimals = '', unit = ''] = /^(\d{1,15})(?:\.(\d{1,6}))?([a-zA-Z%/]{0,12})$/.exec(text) ?? []
  if (integer === undefined || (isWhole && decimals !== '')) return `must be ${what} such as ${example}`
  const quanta = unit === '' ? bare : units.find(([name]) => name === unit)?.[1]
  if (quanta === undefined) return `must be ${what} such as ${example}`
  const exact = Number(`${integer}.${decimals || 0}`) * quanta
  const value = Math.round(exact)
  if (value > most) return `must be ${what} of at most ${formatQuantity(most, measure)}, such as ${example}`
  if (value === 0 && exact > 0) return `must be 0 or at least ${formatQuantity(1, measure)}`
  return value
}

/** Formats quanta as `parseQuantity` reads them: in the largest unit of which they are a whole number. */
export function formatQuantity(value: number, { units }: Measure): string {
  const whole = units.findLast(([, quanta]) => value % quanta === 0 && value >= quanta) ?? units[0]
  const [unit, quanta] = whole as (typeof units)[number]
  return `${value / quanta}${unit}`
}

/** Times, in ns. A number without a unit is in ms, as in k6. */
export const timeMeasure: Measure = {
  what: 'a time',
  example: '250ms, 1.5s or 500us',
  units: [
    ['ns', 1],
    ['us', 1e3],
    ['ms', 1e6],
    ['s', 1e9],
    ['m', 60e9],
    ['h', 3600e9],
  ],
  bare: 1e6,
}

/** Shares from 0 to 1, in millionths. */
export const shareMeasure: Measure = {
  what: 'a share',
  example: '1% or 0.01',
  units: [['%', 1e4]],
  bare: 1e6,
  most: 1e6,
}

/** Sizes, in bytes. */
export const sizeMeasure: Measure = {
  what: 'a size',
  example: '512MiB or 64KiB',
  units: [
    ['B', 1],
    ['KiB', 2 ** 10],
    ['MiB', 2 ** 20],
    ['GiB', 2 ** 30],
  ],
}

/** Rates, in millionths per second. */
export const rateMeasure: Measure = { what: 'a rate', example: '50/s', units: [['/s', 1e6]], bare: 1e6 }

/** Data rates, in bits per second. */
export const dataRateMeasure: Measure = {
  what: 'a data rate',
  example: '1.5Mbit/s or 500kbit/s',
  units: [
    ['bit/s', 1],
    ['kbit/s', 1e3],
    ['Mbit/s', 1e6],
    ['Gbit/s', 1e9],
  ],
}

/** Whole numbers without a unit. */
export const countMeasure: Measure = {
  what: 'a whole number',
  example: '0 or 20',
  units: [['', 1]],
  bare: 1,
  isWhole: true,
}
