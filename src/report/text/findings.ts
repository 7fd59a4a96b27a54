import { counted, grouped } from '../../base/format.ts'
import { printable } from '../../base/printable.ts'
import { titledRule } from '../../grammar/rules.ts'
import { type GatewayFinding, titleOf, weightOf } from '../../judge/gateway-finding.ts'
import type { RuleCount } from '../../judge/summary.ts'
import type { Run } from '../../model/run.ts'

/** Each broken rule by its title, how often, and the first `examples` streams that broke it. */
export function ruleLines({ records }: Run, rules: readonly RuleCount[], examples: number): string[] {
  if (rules.length === 0) return []
  const lines = rules.flatMap((rule) => [ruleLine(rule), ...exampleLines(records, rule.rule, examples)])
  return ['', '  Findings:', ...lines]
}

function ruleLine({ rule, severity, count, streams }: RuleCount): string {
  const suffix = severity === 'warning' ? ' (warning)' : ''
  return `    ${titledRule(rule)}: ${grouped(count)} in ${counted(streams, 'stream')}${suffix}`
}

function exampleLines(records: Run['records'], rule: string, examples: number): string[] {
  const lines: string[] = []
  for (const { stream, findings = [] } of records) {
    if (lines.length === examples) break
    const finding = findings.find((candidate) => candidate.rule === rule)
    if (!finding) continue
    const delta = finding.delta === undefined ? '' : `, delta ${finding.delta}`
    const texts = `expected ${printable(finding.expected)}, got ${printable(finding.got)}`
    lines.push(`      stream ${stream}, event ${finding.event}${delta}: ${texts}`)
  }
  return lines
}

/** Findings about the gateway that leave the verdict as it is. */
export function noteLines(findings: readonly GatewayFinding[]): string[] {
  const notes = findings.filter((finding) => weightOf(finding) === 'note')
  if (notes.length === 0) return []
  const line = (note: GatewayFinding) => {
    const { metric, expected, got } = note
    return `    ${note.class} ${titleOf(note)}: ${metric} expected ${printable(expected)}, got ${printable(got)}`
  }
  return ['', '  Notes:', ...notes.map(line)]
}
