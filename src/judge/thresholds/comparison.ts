import type { Problem } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { type Measure, parseQuantity, shareMeasure } from '../../base/quantity.ts'

/** How a value is compared with a limit. */
export const operators = ['<', '<=', '>', '>=', '==', '!='] as const
/** One of `operators`. */
export type Operator = (typeof operators)[number]

/** Whether a value keeps a limit. */
export function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
  }
}

/** A text of the form `LEFT < LIMIT`, split. */
interface Read {
  readonly left: string
  readonly operator: Operator
  /** Reads the limit for a metric with this measure; adds a problem if it does not fit. */
  readonly limit: (metric: string, measure: Measure) => number | undefined
}

/** Splits a text of the form `LEFT < LIMIT`, without regard to spaces. `form` is what it must look like. */
export function readComparison(text: string, form: string, problems: Problem[]): Read | undefined {
  const refuse = (message: string, hint?: string) => {
    problems.push({ where: '', message, got: JSON.stringify(text), hint })
    return undefined
  }
  if (text.length > longest) return refuse(`must have at most ${longest} characters`)
  if (/\|\||&&|\s(?:or|and)\s/.test(text))
    return refuse('must be one comparison', 'Write each one as a separate entry.')
  const plain = text.replace(/\s+/g, '')
  const at = plain.search(/[<>=!]/)
  const sign = at < 0 ? '' : (/^[<>=!]+/.exec(plain.slice(at))?.[0] ?? '')
  const right = plain.slice(at + sign.length)
  const operator = operators.find((known) => known === sign || (known === '==' && sign === '==='))
  if (sign === '') return refuse(`must be ${form}`)
  if (operator === undefined) return refuse(`must compare with one of ${operators.join(' ')}`)
  return {
    left: plain.slice(0, at),
    operator,
    limit: (metric, measure) => {
      const value = right === '1' && measure === shareMeasure ? 'must be 1% or 100%' : parseQuantity(right, measure)
      if (typeof value === 'number') return value
      return refuse(`the limit of ${metric} ${value}`)
    },
  }
}

/** Longest text of a threshold. */
const longest = 200

/** The problem of an unknown name. */
export function unknownName(message: string, got: string, names: readonly string[]): Problem {
  const near = nearest(got, names)
  return {
    where: '',
    message,
    got: JSON.stringify(got),
    hint: near === undefined ? undefined : `Did you mean ${near}?`,
  }
}
