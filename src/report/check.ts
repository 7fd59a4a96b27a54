import { counted, grouped } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { CheckedStream, PlacedFinding } from '../grammar/check-stream.ts'
import { titledRule } from '../grammar/rules.ts'

/** Places of each rule that are printed unless all are requested. */
const shownPlaces = 3

/** The findings of one rule and severity in one stream. */
export interface FindingGroup {
  readonly rule: PlacedFinding['rule']
  readonly severity: PlacedFinding['severity']
  count: number
  /** The first findings, `shownPlaces` at most. */
  readonly first: PlacedFinding[]
}

/** Everything that was found in one stream. */
export interface Checked extends CheckedStream {
  /** Findings one by one, as the JSON lists them. */
  readonly findings: readonly PlacedFinding[]
  readonly groups: readonly FindingGroup[]
}

/** Version of the members of `checkJson`. */
const checkSchemaVersion = 1

/** Adds a finding to the group of its rule. Memory grows with the number of rules, not with the findings. */
export function addToGroups(groups: FindingGroup[], finding: PlacedFinding): void {
  const { rule, severity } = finding
  let group = groups.find((candidate) => candidate.rule === rule && candidate.severity === severity)
  if (!group) {
    group = { rule, severity, count: 0, first: [] }
    groups.push(group)
  }
  group.count++
  if (group.first.length < shownPlaces) group.first.push(finding)
}

/** A finding as one line, with its rule. */
export function findingLine(finding: PlacedFinding): string {
  const { rule, severity } = finding
  return `${placeText(finding)} (${rule}${severity === 'warning' ? ', warning' : ''})`
}

/** Each rule once with its count; with `places`, the first places of each below it. */
export function groupLines(groups: readonly FindingGroup[], { places }: { readonly places: boolean }): string[] {
  return groups.flatMap(({ rule, severity, count, first }) => [
    `${titledRule(rule)}${severity === 'warning' ? ' (warning)' : ''}: ${grouped(count)}`,
    ...(places ? first.map((finding) => `  ${placeText(finding)}`) : []),
    ...(places && count > first.length ? [`  ${grouped(count - first.length)} more (--all prints them)`] : []),
  ])
}

/** The verdict on the stream, in one line. */
export function checkVerdict(checked: Checked): string {
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

/** Everything as JSON. */
export function checkJson(checked: Checked, protocol: string | undefined): object {
  const { groups, findings, ...stream } = checked
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
  BROKEN: 'BROKEN',
  'HONEST ERROR (the stream says itself that it failed)': 'HONEST ERROR (the stream itself reports that it failed)',
  'WELL-FORMED': 'WELL-FORMED',
  WHOLE: 'COMPLETE',
} as const

function verdictOf({ groups, ending }: Checked): keyof typeof verdictTexts {
  if (totalOf(groups, 'error') > 0) return 'BROKEN'
  if (ending === 'error') return 'HONEST ERROR (the stream says itself that it failed)'
  return ending === undefined ? 'WELL-FORMED' : 'WHOLE'
}

function totalOf(groups: readonly FindingGroup[], severity: FindingGroup['severity']): number {
  return groups.reduce((total, group) => total + (group.severity === severity ? group.count : 0), 0)
}

function placeText({ event, expected, got }: PlacedFinding): string {
  return printable(`event ${event}: expected ${expected}, got ${got}`)
}
