import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import { titledRule } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import type { FailureKind } from '../model/failure.ts'
import type { GatewayIdentity } from '../model/gateway.ts'
import type { ProfileName } from '../model/profile-name.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Target } from '../model/target.ts'
import { isBuffered } from './buffering.ts'
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

/** The result of a case. */
export interface JudgedCase extends Omit<ConformCase, 'content'> {
  readonly isRight: boolean
  /** What the client saw: `whole`, or how the stream failed; `died` if the gateway did. */
  readonly seen: 'whole' | 'aborted' | 'died' | FailureKind
  /** The reaction of the gateway; absent for a clean stream, and without a gateway. */
  readonly reaction?: ReactionName | 'cancelled' | 'leaked' | 'crashed'
  /** Why the case failed; empty if it passed. */
  readonly why: string
  /** Rules that the stream broke. */
  readonly rules: readonly string[]
  readonly attempts?: number
  readonly durationS: number
}

/** The result of `conform`: every case, as plain data. */
export interface Conformance {
  readonly gateway: GatewayIdentity
  readonly target: Target
  readonly requestProfile: ProfileName
  readonly seed: number
  readonly idleLimitS: number
  readonly cases: readonly JudgedCase[]
  /** Names of skipped cases: the protocol that the gateway used upstream does not have these faults. */
  readonly notPlayed: readonly string[]
  /** The background load: its clean streams, and those of them that failed, as text; absent without a load. */
  readonly load?: { readonly streams: number; readonly hurt: readonly string[] }
  /** Whether an interrupt ended it early. */
  readonly isPartial: boolean
}

/** Prefix of the names of probe cases, which check that the gateway still works. */
export const probeAfter = 'probe after '

/** Whether every case passed, no background stream failed, nothing was interrupted, and at least one case besides probes ran. */
export function isPassed({ cases, load, isPartial }: Conformance): boolean {
  const isTested = cases.some(({ name }) => !name.startsWith(probeAfter))
  return isTested && !isPartial && cases.every(({ isRight }) => isRight) && (load?.hurt.length ?? 0) === 0
}

/** The conditions under which a case ran. */
interface CaseOptions {
  readonly protocol: ProtocolName
  readonly chunks: number
  /** Time between two deltas of the mock, in ms. */
  readonly delayMs: number
  /** Whether the client talked to the mock directly. */
  readonly isDirect: boolean
}

/** Judges the stream of a case. Direct to the mock, the outcome must be exact; through a gateway, the reaction must be correct. */
export function judgeCase(conformCase: ConformCase, record: StreamRecord, options: CaseOptions): JudgedCase {
  const { content: _, ...named } = conformCase
  const { outcome, findings = [], attempts } = record
  const seen = outcome.state === 'failed' ? outcome.kind : outcome.state
  const broken = findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)
  const rules = [...new Set([...broken, ...(isBuffered(record, options) ? ['buffered'] : [])])]
  return {
    ...named,
    seen,
    rules,
    attempts,
    durationS: Number(((record.endedNs - record.startedNs) / 1e9).toFixed(3)),
    ...(conformCase.clientFault !== undefined
      ? judgeClientFault(record, options)
      : conformCase.fault === undefined
        ? judgeClean(record, rules)
        : options.isDirect
          ? judgeDirect(conformCase.fault, seen, rules, options)
          : judgeThrough(record, options)),
  }
}

type CaseJudgement = Pick<JudgedCase, 'isRight' | 'why' | 'reaction'>

function judgeClientFault(record: StreamRecord, { delayMs }: CaseOptions): CaseJudgement {
  const { outcome } = record
  if (outcome.state === 'whole') return { isRight: true, why: '', reaction: 'whole' }
  if (outcome.state === 'failed') return { isRight: false, why: `failed: ${outcome.kind}: ${outcome.detail}` }
  const ms = continuedMs(record)
  if (ms === undefined || Math.round(ms) <= cancellationLimitMs(delayMs))
    return { isRight: true, why: '', reaction: 'cancelled' }
  const how = Number.isFinite(ms) ? `continued for ${Math.round(ms)} ms` : 'is still open'
  return { isRight: false, why: `upstream_not_cancelled: the stream at the mock ${how}`, reaction: 'leaked' }
}

function judgeClean(record: StreamRecord, rules: readonly string[]): CaseJudgement {
  const { outcome, findings = [] } = record
  if (outcome.state === 'failed') return { isRight: false, why: `failed: ${outcome.kind}: ${outcome.detail}` }
  const first = findings.find(({ severity }) => severity === 'error')
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
