import { type JsonObject, parseJson, parseObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import type { RuleId } from './rules.ts'

/** A rule that a stream broke. A `warning` is tolerated. */
export interface Finding {
  readonly rule: RuleId
  readonly severity: 'error' | 'warning'
  readonly expected: string
  readonly got: string
}

/** Receives the findings of a grammar. */
export interface Report {
  broken(rule: RuleId, expected: string, got: unknown): void
  warn(rule: RuleId, expected: string, got: unknown): void
}

/** How a stream ended: complete, with an error event, or without any ending. */
export type Ending = 'whole' | 'error' | 'cut'

/** What a grammar knows of the request. */
export interface RequestFacts {
  /** Number of choices of a chat completion; absent: any number. */
  readonly choices?: number
}

/** Checks the rules of one protocol in one stream. Memory does not grow with the stream. */
export interface Grammar {
  /** Checks the next event. `type` is `message` if the event has no name, as an EventSource dispatches it. */
  event(type: string, data: string): void
  /** Checks an event that differs from the one before it only in its text and in its sequence number, which is the next one. */
  again(text: string): void
  /** Checks the end of the body. */
  end(): Ending
}

/** The rules for the data of an event that is not JSON, and for JSON that is not an object. */
interface DataRules {
  readonly notJson: RuleId
  readonly notObject: RuleId
}

/** The data of an event as a JSON object; undefined, with a finding, if it is not one. */
export function eventBody(data: string, report: Report, { notJson, notObject }: DataRules): JsonObject | undefined {
  const body = parseObject(data)
  if (body) return body
  if (parseJson(data) === undefined) report.broken(notJson, 'JSON as the data of an event', data)
  else report.broken(notObject, 'a JSON object as the data of an event', data)
  return undefined
}

/** A report that passes each finding to a function. */
export function reportTo(take: (finding: Finding) => void): Report {
  const add = (severity: Finding['severity']) => (rule: RuleId, expected: string, got: unknown) =>
    take({ rule, severity, expected, got: shown(got) })
  return { broken: add('error'), warn: add('warning') }
}
