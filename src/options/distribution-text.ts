/** The texts of distributions, as a mix spells them. */
import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { Distribution } from '../model/mix.ts'
import { readValuesFile } from './values-file.ts'

/** The numbers that a distribution may give. */
interface Bounds {
  readonly min: number
  readonly max: number
}

/** Most values of an empirical distribution: the scenario stores them. */
export const maxValues = 10_000

const forms = {
  constant: 'constant(VALUE)',
  uniform: 'uniform(MIN,MAX)',
  normal: 'normal(MEAN,DEVIATION)',
  lognormal: 'lognormal(MEAN,DEVIATION)',
  values: 'values(VALUE,...)',
  empirical: 'empirical(FILE) or empirical(FILE#COLUMN)',
} as const
const names = Object.keys(forms) as (keyof typeof forms)[]

const numberPattern = /^\d{1,9}(?:\.\d{1,6})?$/
const callPattern = /^([a-z]+)\((.*)\)$/

/** Reads a distribution, such as `40`, `uniform(10,50)` or `lognormal(40,20)`; adds a problem if it is invalid. */
export function parseDistribution(text: string, bounds: Bounds, problems: Problem[]): Distribution | undefined {
  const invalid = (message: string, hint?: string) => {
    problems.push({ where: '', message, got: JSON.stringify(text), hint })
    return undefined
  }
  if (numberPattern.test(text)) return inBounds({ distribution: 'constant', value: Number(text) }, bounds, invalid)
  const [, called, inside = ''] = callPattern.exec(text) ?? []
  const name = names.find((known) => known === called)
  if (name === undefined) {
    const near = names.find((known) => known === nearest(called ?? '', names))
    const hint = near && `Did you mean ${forms[near]}?`
    return invalid('must be a number, uniform(10,50), normal(40,10), lognormal(40,20) or empirical(FILE)', hint)
  }
  if (name === 'empirical') {
    const values = readValuesFile(inside, maxValues)
    return typeof values === 'string' ? invalid(values) : inBounds({ distribution: 'values', values }, bounds, invalid)
  }
  const parts = inside.split(',', maxValues + 1).map((part) => part.trim())
  if (!parts.every((part) => numberPattern.test(part))) return invalid(`must be ${forms[name]} with numbers`)
  const numbers = parts.map(Number)
  if (name === 'values') {
    if (numbers.length > maxValues) return invalid(`must have at most ${maxValues} values`)
    return inBounds({ distribution: name, values: numbers }, bounds, invalid)
  }
  const [a = 0, b = 0] = numbers
  if (numbers.length !== (name === 'constant' ? 1 : 2)) return invalid(`must be ${forms[name]}`)
  switch (name) {
    case 'constant':
      return inBounds({ distribution: name, value: a }, bounds, invalid)
    case 'uniform':
      if (a > b) return invalid('must be uniform(MIN,MAX) with MIN at most MAX')
      return inBounds({ distribution: name, min: a, max: b }, bounds, invalid)
    case 'normal':
      return inBounds({ distribution: name, mean: a, deviation: b }, bounds, invalid)
    case 'lognormal':
      if (a === 0) return invalid('must be lognormal(MEAN,DEVIATION) with a mean above 0')
      return inBounds({ distribution: name, mean: a, deviation: b }, bounds, invalid)
  }
}

/** The distribution if its parameters are within the bounds; a deviation may be as large as the largest value. */
function inBounds(
  distribution: Distribution,
  { min, max }: Bounds,
  invalid: (message: string) => undefined,
): Distribution | undefined {
  const { distribution: _, ...parameters } = distribution
  for (const [name, value] of Object.entries(parameters)) {
    const outside = (Array.isArray(value) ? value : [value]).find(
      (number: number) => number > max || (number < min && name !== 'deviation'),
    )
    if (outside !== undefined) return invalid(`must have values from ${min} to ${max} (${name} has ${outside})`)
  }
  return distribution
}
