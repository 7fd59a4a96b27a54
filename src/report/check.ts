import { bugRemedy } from '../base/errors.ts'
import { counted, grouped } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { CheckedStream, FindingGroup, PlacedFinding } from '../grammar/check-stream.ts'
import { titledRule } from '../grammar/rules.ts'

/** Version of the members of `checkJson`. */
const checkSchemaVersion = 1

/** A finding as one line, with its rule. */
export function findingLine(finding: PlacedFinding): string {
  const { rule, severity } = finding
  return `${placeText(finding)} (${rule}${severity === 'warning' ? ', warning' : ''})`
}

/** One line per rule with its count; with `places`, followed by the first places that broke it. */
export function groupLines(groups: readonly FindingGroup[], { places }: { readonly places: boolean }): string[] {
  return groups.flatMap(({ rule, severity, count, first }) => [
    `${titledRule(rule)}${severity === 'warning' ? ' (warning)' : ''}: ${grouped(count)}`,
    ...(places ? first.map((finding) => `  ${placeText(finding)}`) : []),
    ...(places && count > first.length ? [`  ${grouped(count - first.length)} more (--all prints them)`] : []),
  ])
}

/** The verdict on the stream, in one line. */
export function checkVerdict(checked: CheckedStream): string {
  const { events, bytes, groups } = checked
  const errors = totalOf(groups, 'error')
  const warnings = totalOf(groups, 'warning')
  return [
    `${verdictTexts[verdictOf(checked)]}: ${counted(events, 'event')}`,
    counted(bytes, 'byte'),
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ].join(', ')
}

/** The result as JSON, with `findings` listed one by one. */
export function checkJson(
  checked: CheckedStream,
  findings: readonly PlacedFinding[],
  protocol: string | undefined,
): object {
  const { groups, ...stream } = checked
  const counts: Record<string, number> = {}
  for (const { rule, count } of groups) counts[rule] = (counts[rule] ?? 0) + count
  return {
    schemaVersion: checkSchemaVersion,
    protocol,
    verdict: verdictOf(checked),
    ...stream,
    errors: totalOf(groups, 'error'),
    findings,
    counts,
  }
}

/** The verdicts of the JSON, as the text prints them. */
const verdictTexts = {
  INVALID: `INVALID (${bugRemedy})`,
  BROKEN: 'BROKEN',
  'HONEST ERROR (the stream says itself that it failed)': 'HONEST ERROR (the stream itself reports that it failed)',
  'WELL-FORMED': 'WELL-FORMED',
  WHOLE: 'COMPLETE',
} as const

function verdictOf({ groups, ending }: CheckedStream): keyof typeof verdictTexts {
  if (hasInternalError(groups)) return 'INVALID'
  if (totalOf(groups, 'error') > 0) return 'BROKEN'
  if (ending === 'error') return 'HONEST ERROR (the stream says itself that it failed)'
  return ending === undefined ? 'WELL-FORMED' : 'WHOLE'
}

/** Whether the check itself failed. */
export function hasInternalError(groups: readonly FindingGroup[]): boolean {
  return groups.some(({ rule }) => rule === 'internal_error')
}

function totalOf(groups: readonly FindingGroup[], severity: FindingGroup['severity']): number {
  return groups.reduce((total, group) => total + (group.severity === severity ? group.count : 0), 0)
}

function placeText({ event, expected, got }: PlacedFinding): string {
  return printable(`event ${event}: expected ${expected}, got ${got}`)
}
