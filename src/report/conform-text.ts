import { printable } from '../base/printable.ts'
import { type Conformance, isPassed, type JudgedCase } from '../judge/conformance.ts'
import { testedLine } from './tested.ts'

/** Findings about the load beside that are shown. */
const shownHurt = 5

/** What a gateway conforms to, as a table for people: a line each, and the sum as the last line. */
export function conformText(conformance: Conformance): string {
  const { gateway, target, cases, notPlayed, load, seed, idleLimitS, isPartial } = conformance
  const wrong = cases.filter(({ isRight }) => !isRight)
  const rows = cases.map(rowOf)
  const widths = [0, 1, 2, 3].map((column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return `${[
    `Tested:   ${testedLine(gateway)}`,
    `Where:    ${target.baseUrl}, ${target.protocol}, seed ${seed}, limit of silence ${idleLimitS} s`,
    '',
    line(header),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    '',
    ...(notPlayed.length > 0
      ? [`Not asked, as the upstream's protocol has none of it: ${notPlayed.join(', ')}`, '']
      : []),
    ...(load ? loadLines(load) : []),
    `Conform: ${isPassed(conformance) ? 'PASS' : 'FAIL'} - ${cases.length - wrong.length} of ${cases.length} cases are right${isPartial ? ', interrupted' : ''} | tested: ${testedLine(gateway)}`,
  ].join('\n')}\n`
}

const header = ['fault', 'client saw', 'gateway', 'tries', 'result']

function rowOf({ name, seen, reaction, attempts, isRight, why, rules }: JudgedCase): readonly string[] {
  const broken = rules.length > 0 && isRight ? ` (${rules.join(', ')})` : ''
  return [
    name,
    seen,
    reaction ?? '',
    attempts === undefined ? '' : `${attempts}`,
    `${isRight ? 'pass' : 'FAIL'}${why && ': '}${printable(why)}${broken}`,
  ]
}

function loadLines({ streams, hurt }: NonNullable<Conformance['load']>): string[] {
  return [
    `Beside: ${streams} clean streams, ${hurt.length} of them hurt`,
    ...hurt.slice(0, shownHurt).map((text) => `  ${printable(text)}`),
    '',
  ]
}
