import { counted } from '../base/format.ts'
import { printable } from '../base/printable.ts'
import type { CheckedStream, PlacedFinding } from '../grammar/check-stream.ts'

/** What was found in one stream: the first findings, and how many of each rule. */
export interface Checked extends CheckedStream {
  readonly errors: number
  readonly findings: readonly PlacedFinding[]
  readonly counts: ReadonlyMap<string, number>
}

/** Version of the members of `checkJson`. */
const checkSchemaVersion = 1

/** A finding as one line. */
export function findingLine({ event, rule, severity, expected, got }: PlacedFinding): string {
  const word = severity === 'warning' ? ' (warning)' : ''
  return printable(`event ${event}: ${rule}${word}: expected ${expected}, got ${got}`)
}

/** What the stream was, in one line, with the counts of the rules. */
export function checkVerdict(checked: Checked): string {
  const { events, bytes, counts } = checked
  const rules = [...counts].map(([rule, count]) => `${rule} ${count}`)
  const found = rules.length > 0 ? `; findings: ${rules.join(', ')}` : ''
  return `${verdictOf(checked)}: ${counted(events, 'event')}, ${counted(bytes, 'byte')}${found}`
}

/** All of it as data. */
export function checkJson(checked: Checked, protocol: string | undefined): object {
  const { counts, ...rest } = checked
  return {
    schemaVersion: checkSchemaVersion,
    protocol,
    verdict: verdictOf(checked),
    ...rest,
    counts: Object.fromEntries(counts),
  }
}

function verdictOf({ errors, ending }: Checked): string {
  if (errors > 0) return 'BROKEN'
  if (ending === 'error') return 'HONEST ERROR (the stream says itself that it failed)'
  return ending === undefined ? 'WELL-FORMED' : 'WHOLE'
}
