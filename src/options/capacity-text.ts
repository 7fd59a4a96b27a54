/** The texts of steps and of a precision, as the flags of `capacity` spell them. */
import type { Problem } from '../base/errors.ts'
import { parseQuantity, shareMeasure } from '../base/quantity.ts'
import { loadLimits } from './load-text.ts'

/** A step: a number of streams, or of starts per second. */
export interface StepSize {
  readonly value: number
  /** Whether it was written as a rate. */
  readonly isRate: boolean
}

/** Limits of the precision, as shares. */
const precisionLimits = { least: 0.01, most: 1 } as const

/** Reads a step such as `100` (streams, or starts per second) or `12.5/s`. */
export function parseStepSize(text: string, problems: Problem[]): StepSize | undefined {
  const [, number, perS] = /^(\d{1,9}(?:\.\d{1,6})?)(\/s)?$/.exec(text) ?? []
  const value = Number(number)
  if (value > 0 && value <= loadLimits.streams) return { value, isRate: perS !== undefined }
  const message = `must be a number up to ${loadLimits.streams}, such as 100 (streams) or 50/s (a rate)`
  problems.push({ where: '', message, got: JSON.stringify(text) })
  return undefined
}

/** Reads a precision such as `5%`, as a share. */
export function parsePrecision(text: string, problems: Problem[]): number | undefined {
  const millionths = parseQuantity(text, shareMeasure)
  const share = typeof millionths === 'number' ? millionths / 1e6 : 0
  if (share >= precisionLimits.least && share <= precisionLimits.most) return share
  problems.push({ where: '', message: 'must be a percentage from 1% to 100%, such as 5%', got: JSON.stringify(text) })
  return undefined
}
