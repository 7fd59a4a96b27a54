import type { FailureKind } from '../model/record.ts'

/**
 * Rules that are broken where a client got other content than the mock sent and nothing told it so, and what a stream that
 * claims to be whole then fails with: the gravest first.
 */
export const corruptions: readonly (readonly [rule: string, kind: FailureKind])[] = [
  ['I5', 'cross_talk'],
  ['I4', 'text_corrupted'],
  ['I3', 'text_reordered'],
  ['I2', 'text_duplicated'],
  ['I1', 'text_missing'],
  ['I6', 'masked_truncation'],
  ['I7', 'tool_args_differ'],
  ['I9', 'stop_reason_differs'],
  ['A12', 'stop_reason_differs'],
]

const rules = new Set(corruptions.map(([rule]) => rule))
const kinds = new Set(corruptions.map(([, kind]) => kind))

/** Whether a rule is about the content, which fails a run whatever the share of streams that it befell. */
export function isCorruption(rule: string): boolean {
  return rules.has(rule)
}

/** Whether a failure says that the content was not what the mock sent. */
export function isCorrupted(kind: FailureKind): boolean {
  return kinds.has(kind)
}
