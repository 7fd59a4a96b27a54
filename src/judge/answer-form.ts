import { isCorruption } from '../grammar/rules.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamRecord } from '../model/record.ts'

/** Failures of form: the content of the stream can still be read and verified. */
const formKinds: ReadonlySet<FailureKind> = new Set([
  'bad_content_type',
  'json_malformed',
  'not_an_event',
  'missing_done',
  'unterminated_final_event',
  'duplicate_terminal',
  'data_after_terminal',
  'not_closed_after_terminal',
])

/** What is wrong with the form of a gateway's answers: the problems that most of its clean streams have in common. */
export interface AnswerForm {
  /** Ids of broken rules. Wrong content is never form. */
  readonly rules: readonly string[]
  /** Failures that would hide the content of every stream, so its streams are read on after them. */
  readonly kinds: readonly FailureKind[]
}

/** The form of a gateway whose answers break no rule. */
export const goodForm: AnswerForm = { rules: [], kinds: [] }

/** The form of the answers in clean streams. */
export function formOf(records: readonly StreamRecord[]): AnswerForm {
  // A refused stream has no answer.
  const answered = records.filter(({ status, events }) => status === 200 && events > 0)
  const inMost = <T>(valuesOf: (record: StreamRecord) => readonly T[]) =>
    [...Map.groupBy(answered.flatMap(valuesOf), (value) => value)]
      .filter(([, matching]) => matching.length * 2 > answered.length)
      .map(([value]) => value)
  return {
    rules: inMost((record) => brokenRules(record).filter((rule) => !isCorruption(rule))).sort(),
    kinds: inMost(({ outcome }) => (outcome.state === 'failed' && formKinds.has(outcome.kind) ? [outcome.kind] : [])),
  }
}

/** Everything that is wrong with the form, without repetitions. */
export function formIds({ rules, kinds }: AnswerForm): readonly string[] {
  return [...new Set<string>([...rules, ...kinds])]
}

/** Both forms together. */
export function joinForms(a: AnswerForm, b: AnswerForm): AnswerForm {
  return {
    rules: [...new Set([...a.rules, ...b.rules])].sort(),
    kinds: [...new Set([...a.kinds, ...b.kinds])],
  }
}

/** The rules that a stream broke, each once. */
export function brokenRules({ findings = [] }: StreamRecord): readonly string[] {
  return [...new Set(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule))]
}
