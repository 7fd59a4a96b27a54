import type { Problem } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { comparedNames } from './metrics.ts'
import type { Allowances } from './verdicts.ts'

/** A change that does not count: of one metric, or of all. */
export interface Allowance {
  readonly metric?: string
  readonly share: number
}

/** What an allowance looks like. */
export const allowanceFormat = 'PERCENT% or METRIC=PERCENT%'

const largestPercent = 1000

/** Parses an allowance such as `5%` or `ttft.p99=10%`. Undefined with a problem if it is not one. */
export function parseAllowance(text: string, problems: Problem[]): Allowance | undefined {
  const [, metric, percent = ''] = /^(?:([^=]{1,100})=)?(\d{1,6}(?:\.\d{1,6})?) ?%$/.exec(text) ?? []
  const where = '--allow'
  if (percent === '') {
    const message = 'must be a percentage such as 5%, or one for a metric such as ttft.p99=10%'
    problems.push({ where, message, got: JSON.stringify(text) })
    return undefined
  }
  if (Number(percent) > largestPercent) {
    problems.push({ where, message: `must be a percentage from 0% to ${largestPercent}%`, got: `${percent}%` })
    return undefined
  }
  const share = Number(percent) / 100
  if (metric === undefined) return { share }
  if (comparedNames.includes(metric)) return { metric, share }
  const near = nearest(metric, comparedNames)
  const hint = near === undefined ? `The metrics are ${comparedNames.join(', ')}.` : `Did you mean ${near}?`
  problems.push({ where, message: 'unknown metric', got: JSON.stringify(metric), hint })
  return undefined
}

/** The allowances of a command line. Adds a problem if two are for the same metric. */
export function allowancesOf(list: readonly Allowance[], problems: Problem[]): Allowances {
  const metrics = new Map<string, number>()
  let all: number | undefined
  for (const { metric, share } of list) {
    if (metric === undefined ? all !== undefined : metrics.has(metric))
      problems.push({ where: '--allow', message: `can be passed only once for ${metric ?? 'all metrics'}` })
    if (metric === undefined) all = share
    else metrics.set(metric, share)
  }
  return { all, metrics }
}
