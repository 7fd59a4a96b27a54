import { exitStatus } from '../base/exit-status.ts'
import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import { titledRule } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import { type FailureKind, isDeadline } from '../model/failure.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Target } from '../model/target.ts'
import { type AnswerForm, brokenRules, formIds } from './answer-form.ts'
import { isBuffered } from './buffering.ts'
import type { TimedFailure } from './busy.ts'
import { cancellationLimitMs, continuedMs } from './cancellation.ts'
import { type ReactionName, reactionTo } from './reaction.ts'

/** One case of the detection matrix: one stream through the gateway. */
export interface ConformCase {
  /** A fault as a plan stores it, a client fault, or `clean` with a kind of content. */
  readonly name: string
  readonly describe: string
  /** Rows of the detection matrix; none for a clean stream. */
  readonly rows: readonly number[]
  readonly fault?: string
  /** A client fault with its position, as `--client-fault` spells it. */
  readonly clientFault?: string
  readonly content: ContentKind
}

/**
 * The result of a case: `flaky`, it failed and then passed; `not-judged`, its failure depends on time, and the harness or the machine
 * was busy in each run.
 */
export type CaseResult = 'pass' | 'flaky' | 'fail' | 'not-judged'

/** One run of a case, judged. */
export interface CaseRun extends Omit<ConformCase, 'content'> {
  readonly isRight: boolean
  /** Set if it failed only by how long something took. */
  readonly timed?: TimedFailure
  /** What the client saw: `whole`, or how the stream failed; `died` if the gateway did. */
  readonly seen: 'whole' | 'aborted' | 'died' | FailureKind
  /** The reaction of the gateway; absent for a clean stream, and without a gateway. */
  readonly reaction?: ReactionName | 'cancelled' | 'leaked' | 'crashed'
  /** Why the case failed; empty if it passed. */
  readonly why: string
  /** Rules that the stream broke, without those of the gateway's form. */
  readonly rules: readonly string[]
  /** The form problems of the gateway that this stream also has: ids of broken rules. */
  readonly form: readonly string[]
  /** Requests of the gateway for the stream that reached the mock. */
  readonly attempts?: number
  readonly durationS: number
}

/** The result of a case, which ran once or several times. `isRight`: it passed at once. */
export interface JudgedCase extends Omit<CaseRun, 'timed'> {
  readonly result: CaseResult
  readonly runs: number
  /** Why it was not judged: one sentence for each measurement beyond its limit. */
  readonly busy?: readonly string[]
}

/** The result of `conform`: every case, as plain data. */
export interface Conformance {
  readonly gateway: GatewayIdentity
  readonly target: Target
  readonly requestProfile: ProfileName
  readonly seed: number
  readonly idleLimitS: number
  readonly cases: readonly JudgedCase[]
  /** What is wrong with every answer of the gateway: ids of broken rules, and failures of clean streams. */
  readonly form: readonly string[]
  /** Names of skipped cases: the protocol that the gateway used upstream does not have these faults. */
  readonly notPlayed: readonly string[]
  /** The background load; absent without one. */
  readonly load?: {
    /** Its clean streams. */
    readonly streams: number
    /** Those of them that failed, as text. */
    readonly hurt: readonly string[]
    /** Those of them that reached a deadline while the harness or the machine was busy. */
    readonly notJudged: number
    /** Why they were not judged. */
    readonly busy: readonly string[]
  }
  /** Whether an interrupt ended it early. */
  readonly isPartial: boolean
}

/** Prefix of the names of probe cases, which check that the gateway still works. */
export const probeAfter = 'probe after '

/** The cases by their result. */
export function countResults({ cases }: Pick<Conformance, 'cases'>): Readonly<Record<CaseResult, number>> {
  const count = (result: CaseResult) => cases.filter((judged) => judged.result === result).length
  return { pass: count('pass'), flaky: count('flaky'), fail: count('fail'), 'not-judged': count('not-judged') }
}

/**
 * `FAIL` if a case failed, the form of the answers is wrong, a background stream failed, it was interrupted, or nothing but probes
 * ran. Otherwise `INVALID` if something was not judged.
 */
export function conformVerdict(conformance: Conformance): 'PASS' | 'FAIL' | 'INVALID' {
  const { cases, form, load, isPartial } = conformance
  const { fail, 'not-judged': notJudged } = countResults(conformance)
  const isTested = cases.some(({ name }) => !name.startsWith(probeAfter))
  if (!isTested || isPartial || fail > 0 || form.length > 0 || (load?.hurt.length ?? 0) > 0) return 'FAIL'
  return notJudged > 0 || (load?.notJudged ?? 0) > 0 ? 'INVALID' : 'PASS'
}

/** The exit status for each verdict. */
export const conformStatus = { PASS: exitStatus.passed, FAIL: exitStatus.failed, INVALID: exitStatus.invalid } as const

/** The conditions under which a case ran. */
interface CaseOptions {
  readonly protocol: ProtocolName
  readonly chunks: number
  /** Time between two deltas of the mock, in ms. */
  readonly delayMs: number
  /** Whether the client talked to the mock directly. */
  readonly isDirect: boolean
  /** The form of the gateway's answers: a case fails only by what it adds to it. */
  readonly form: AnswerForm
}

/** Judges the stream of one run of a case. Direct to the mock, the outcome must be exact; through a gateway, the reaction must be correct. */
export function judgeCase(conformCase: ConformCase, record: StreamRecord, options: CaseOptions): CaseRun {
  const { content: _, ...named } = conformCase
  const { outcome, attempts } = record
  const seen = outcome.state === 'failed' ? outcome.kind : outcome.state
  const broken = brokenRules(record)
  const form = formIds(options.form)
  const buffered = isBuffered(record, options) ? ['buffered'] : []
  const rules = [...broken.filter((rule) => !form.includes(rule)), ...buffered]
  const judgement =
    outcome.state === 'failed' && outcome.kind === 'internal_error'
      ? { isRight: false, why: `failed: ${outcome.kind}: ${outcome.detail}` }
      : conformCase.clientFault !== undefined
        ? judgeClientFault(record, options)
        : conformCase.fault === undefined
          ? judgeClean(record, rules)
          : options.isDirect
            ? judgeDirect(conformCase.fault, seen, [...broken, ...buffered], options)
            : judgeThrough(record, options)
  return {
    ...named,
    seen,
    rules,
    form: broken.filter((rule) => form.includes(rule)),
    attempts,
    durationS: Number(((record.endedNs - record.startedNs) / 1e9).toFixed(3)),
    ...judgement,
    timed: judgement.isRight ? undefined : timedFailure(outcome, rules, judgement),
  }
}

/** How a failed case failed by time; undefined if something else is wrong too. */
function timedFailure(
  outcome: StreamRecord['outcome'],
  rules: readonly string[],
  { reaction }: CaseJudgement,
): TimedFailure | undefined {
  if (outcome.state === 'failed') return isDeadline(outcome.kind) ? 'deadline' : undefined
  if (reaction !== undefined) return reaction === 'leaked' ? 'cancellation' : undefined
  return rules.length > 0 && rules.every((rule) => rule === 'buffered') ? 'burst' : undefined
}

type CaseJudgement = Pick<CaseRun, 'isRight' | 'why' | 'reaction'>

function judgeClientFault(record: StreamRecord, { delayMs }: CaseOptions): CaseJudgement {
  const { outcome } = record
  if (outcome.state === 'whole') return { isRight: true, why: '', reaction: 'whole' }
  if (outcome.state === 'failed') return { isRight: false, why: `${outcome.kind}: ${outcome.detail}` }
  const ms = continuedMs(record)
  if (ms === undefined || Math.round(ms) <= cancellationLimitMs(delayMs))
    return { isRight: true, why: '', reaction: 'cancelled' }
  const how = Number.isFinite(ms) ? `continued for ${Math.round(ms)} ms` : 'is still open'
  return { isRight: false, why: `upstream_not_cancelled: the stream at the mock ${how}`, reaction: 'leaked' }
}

function judgeClean(record: StreamRecord, rules: readonly string[]): CaseJudgement {
  const { outcome, findings = [] } = record
  if (outcome.state === 'failed') return { isRight: false, why: `${outcome.kind}: ${outcome.detail}` }
  const first = findings.find(({ severity, rule }) => severity === 'error' && rules.includes(rule))
  if (first) return { isRight: false, why: `${titles(rules)}: expected ${first.expected}, got ${first.got}` }
  if (rules.length > 0) return { isRight: false, why: titles(rules) }
  return { isRight: outcome.state === 'whole', why: outcome.state === 'whole' ? '' : outcome.state }
}

function judgeDirect(
  fault: string,
  seen: string,
  rules: readonly string[],
  { protocol, chunks }: CaseOptions,
): CaseJudgement {
  const placed = parsePlaced(fault)
  if (!placed) throw new Error(`a case has the unknown fault ${fault}`)
  const { outcome, rule } = faultTable[placed.name].direct(protocol, deltasBefore(placed, chunks), chunks)
  if (seen !== outcome) return { isRight: false, why: `expected ${outcome}` }
  const isReported = rule === undefined || rules.includes(rule)
  return { isRight: isReported, why: isReported ? '' : `expected a finding of ${titledRule(rule)}` }
}

function judgeThrough(record: StreamRecord, { protocol, chunks }: CaseOptions): CaseJudgement {
  const reaction = reactionTo(record, { protocol, chunks, isDirect: false })
  if (!reaction) return { isRight: false, why: 'aborted' }
  const { name, isRight, why } = reaction
  return { reaction: name, isRight, why }
}

function titles(rules: readonly string[]): string {
  return rules.map(titledRule).join(', ')
}
