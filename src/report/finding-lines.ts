import { counted, grouped } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { RuleCount } from '../judge/summary.ts'
import type { Run } from '../model/run.ts'

/** Findings that are shown one by one, of each rule. */
const shownOfRule = 2

/** Each rule that streams broke, how often, and the first findings of it. */
export function findingLines({ records }: Run, rules: readonly RuleCount[]): string[] {
  if (rules.length === 0) return []
  return ['', '  Findings:', ...rules.flatMap((rule) => [ruleLine(rule), ...exampleLines(records, rule.rule)])]
}

function ruleLine({ rule, severity, count, streams }: RuleCount): string {
  return `    ${rule}: ${grouped(count)} in ${counted(streams, 'stream')}${severity === 'warning' ? ' (warning)' : ''}`
}

function exampleLines(records: Run['records'], rule: string): string[] {
  const lines: string[] = []
  for (const { stream, findings = [] } of records) {
    if (lines.length === shownOfRule) break
    const found = findings.find((each) => each.rule === rule)
    if (!found) continue
    const delta = found.delta === undefined ? '' : `, delta ${found.delta}`
    const texts = `expected ${printable(found.expected)}, got ${printable(found.got)}`
    lines.push(`      stream ${stream}, event ${found.event}${delta}: ${texts}`)
  }
  return lines
}
