import type { Unit } from './toxic.ts'

interface Measure {
  readonly say: string
  /** What a number may have behind it, and how many tens its unit is of the smallest. */
  readonly suffixes: Readonly<Record<string, number>>
  /** The same for the unit in which values are kept, and how that is written. */
  readonly exponent: number
  readonly suffix: string
}

const time = { say: 'a time such as 20ms, 1.5s or 500us', suffixes: { us: 0, ms: 3, s: 6 } }

const measures: Readonly<Record<Unit, Measure>> = {
  ms: { ...time, exponent: 3, suffix: 'ms' },
  us: { ...time, exponent: 0, suffix: 'us' },
  'KB/s': {
    say: 'a rate such as 64KB/s or 1.5MB/s',
    suffixes: { 'B/s': 0, 'KB/s': 3, 'MB/s': 6 },
    exponent: 3,
    suffix: 'KB/s',
  },
  bytes: { say: 'a size such as 100, 10KB or 1.5MB', suffixes: { '': 0, B: 0, KB: 3, MB: 6 }, exponent: 0, suffix: '' },
}

/** Says what a text of this unit looks like. */
export function describeQuantity(unit: Unit): string {
  return measures[unit].say
}

/**
 * Reads a time, rate or size as a number in `unit`; undefined where it is none. It is a whole number of us, B/s or bytes, so
 * that writing it gives back the same. 0 needs no suffix.
 */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  const { suffixes, exponent } = measures[unit]
  const [, whole, decimals = '', suffix = ''] = /^(\d{1,13})(?:\.(\d{1,6}))?([a-zA-Z/]*)$/.exec(text) ?? []
  if (whole === undefined) return undefined
  if (text === '0') return 0
  const tens = Object.hasOwn(suffixes, suffix) ? suffixes[suffix] : undefined
  if (tens === undefined || decimals.length > tens) return undefined
  return Number(`${whole}.${decimals}e${tens - exponent}`)
}

/** Writes a number in `unit` as `parseQuantity` reads it, to whole us, B/s or bytes. */
export function formatQuantity(value: number, unit: Unit): string {
  const { exponent, suffix } = measures[unit]
  return `${Number(`${Math.round(value * 10 ** exponent)}e-${exponent}`)}${suffix}`
}
