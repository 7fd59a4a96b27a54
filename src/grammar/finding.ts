import { printable } from '../base/printable.ts'
import type { RuleId } from './rules.ts'

/** A rule that a stream broke (`error`), or came near to breaking (`warning`). */
export interface Finding {
  readonly rule: RuleId
  readonly severity: 'error' | 'warning'
  readonly expected: string
  readonly got: string
}

/** Takes what a grammar finds. */
export interface Report {
  broken(rule: RuleId, expected: string, got: unknown): void
  warn(rule: RuleId, expected: string, got: unknown): void
}

/** How a stream ended by its own words: `error` is one that says honestly that it failed, `cut` one that says nothing. */
export type Ending = 'whole' | 'error' | 'cut'

/** The rules of one protocol for one stream, fed with its events in their order; memory does not grow with the stream. */
export interface Grammar {
  /** Takes an event as an EventSource dispatches it: `message` where it has no name. */
  event(type: string, data: string): void
  /** Takes an event that is the one before it but for its text, and its sequence number, which is the next. */
  again(text: string): void
  /** The body has ended. */
  end(): Ending
}

const shownLength = 80

/** Makes a report of a function that takes findings. */
export function reportTo(take: (finding: Finding) => void): Report {
  const tell = (severity: Finding['severity']) => (rule: RuleId, expected: string, got: unknown) =>
    take({ rule, severity, expected, got: shown(got) })
  return { broken: tell('error'), warn: tell('warning') }
}

/** What came, as a text: short, on one line and without anything that steers a terminal. */
export function shown(value: unknown): string {
  // A long text would be written out whole to be cut after it.
  const brief = typeof value === 'string' && value.length > shownLength ? value.slice(0, shownLength) : value
  return printable(brief === undefined ? 'nothing' : JSON.stringify(brief), shownLength)
}
