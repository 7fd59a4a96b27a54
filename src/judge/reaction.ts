import type { Fault, FaultKind } from '../fault/fault.ts'
import { faultTable } from '../fault/fault-table.ts'
import { deltasBefore, parsePlaced } from '../fault/parse-fault.ts'
import { isCorrupted } from '../grammar/rules.ts'
import { type FailureKind, isDeadline } from '../model/failure.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { isHarmed, type StreamRecord } from '../model/record.ts'

/**
 * How a gateway reacted to a fault: `whole`, the stream arrived as planned; `rescued`, the same after another attempt; `honest`,
 * the client could see that it failed; `passed-on`, the client saw what the mock did; `masked`, the failure looks like success;
 * `lost`, content was lost or changed; `hang`, the stream did not end; `not-asked`, no request reached the mock; `not-played`, the
 * gateway used an upstream protocol that does not have this fault.
 */
export type ReactionName =
  | 'whole'
  | 'rescued'
  | 'honest'
  | 'passed-on'
  | 'masked'
  | 'lost'
  | 'hang'
  | 'not-asked'
  | 'not-played'

/** A reaction, whether it is correct, and if not, why. */
interface Reaction {
  readonly name: ReactionName
  readonly isRight: boolean
  readonly why: string
}

/** Failures that a client can recognise. */
const honest: ReadonlySet<FailureKind> = new Set([
  'connect_refused',
  'connect_failed',
  'closed_before_headers',
  'reset_before_headers',
  'http_4xx',
  'http_429',
  'http_5xx',
  'http_redirect',
  'http_unexpected_status',
  'http_malformed',
  'bad_content_type',
  'inband_error',
  'truncated_fin',
  'reset_midstream',
])
/** Incomplete bodies that end normally. */
const normalEnds: ReadonlySet<FailureKind> = new Set([
  'truncated_clean_eof',
  'missing_done',
  'empty_stream',
  'unterminated_final_event',
])

/** How a stream was planned and sent. */
interface Circumstances {
  readonly protocol: ProtocolName
  /** Deltas of its plan. */
  readonly chunks: number
  /** Without a gateway: the client sees what the mock did. */
  readonly isDirect: boolean
}

/**
 * Judges a stream with an injected fault by the detection matrix; undefined if the fault cannot have reached it, or if the stream
 * failed in this program itself.
 */
export function reactionTo(record: StreamRecord, { protocol, chunks, isDirect }: Circumstances): Reaction | undefined {
  const placed = record.fault === undefined ? undefined : parsePlaced(record.fault)
  if (!placed || record.requestSentNs === undefined || record.outcome.state === 'aborted') return undefined
  const fault = faultTable[placed.name]
  const { outcome, attempts = 1, findings = [] } = record
  if (outcome.state === 'failed' && outcome.kind === 'internal_error') return undefined
  const got = outcome.state === 'failed' ? outcome.kind : outcome.state
  const { outcome: direct, rule } = fault.direct(protocol, deltasBefore(placed, chunks), chunks)
  const errors = findings.filter(({ severity }) => severity === 'error')
  const breaks = (...rules: readonly string[]) => errors.some((finding) => rules.includes(finding.rule))
  // A gateway that loses the broken part may cause the same outcome, but then that part's rule is not broken.
  const isAsSent = got === direct && (rule === undefined || breaks(rule))
  if (attempts > 0 && !isHarmed(record)) return right('not-played')
  if (isDirect) return got === direct ? right('passed-on') : wrong('lost', `expected ${direct}, got ${got}`)
  if (attempts === 0) return wrong('not-asked', `no request reached the mock; the client saw ${got}`)
  const most = fault.mostAttempts
  if (most !== undefined && attempts > most)
    return wrong(nameOf(got, direct, attempts), `${attempts} attempts (limit ${most})`)
  if (got === 'whole') return judgeWhole(fault.kind, attempts)
  if (isDeadline(got)) return wrong('hang', `the stream did not end: ${got}`)
  // A stream that ended too early is judged by what the mock did, below.
  if (isCorrupted(got) && got !== 'masked_truncation') {
    if (!isAsSent) return wrong('lost', `wrong content in a stream that looks complete: ${got}`)
    if (direct !== 'stop_reason_differs' && breaks('A12', 'I9'))
      return wrong('masked', 'content is missing, and the stop reason was changed')
    return right('passed-on')
  }
  if (fault.status !== undefined && record.status !== fault.status && got === direct)
    return wrong('honest', `expected status ${fault.status}, got ${record.status}`)
  return isAsSent ? right('passed-on') : judgeFailed(fault, got, direct)
}

function judgeWhole(kind: FaultKind, attempts: number): Reaction {
  if (kind === 'unended') return wrong('masked', 'the stop reason was invented')
  return right(attempts > 1 ? 'rescued' : 'whole')
}

function judgeFailed({ kind, alsoRight = [] }: Fault, got: FailureKind, direct: string): Reaction {
  if (kind === 'harmless') return wrong('lost', `a valid stream became ${got}`)
  if (got === 'masked_truncation' || got === 'error_then_success')
    return wrong('masked', `the failure looks like a complete stream: ${got}`)
  if (kind === 'refused' && honest.has(got)) return wrong('honest', `expected ${direct} from the mock, got ${got}`)
  if (honest.has(got) || alsoRight.includes(got)) return right('honest')
  // The gateway knows of the failure, but a normal end of the body hides it from the client.
  if (normalEnds.has(got)) return wrong('masked', `the failure (${direct}) became a normal end: ${got}`)
  return wrong('lost', `expected ${direct} or an honest failure, got ${got}`)
}

function nameOf(got: string, direct: string, attempts: number): ReactionName {
  if (got === 'whole') return attempts > 1 ? 'rescued' : 'whole'
  return got === direct ? 'passed-on' : 'honest'
}

function right(name: ReactionName): Reaction {
  return { name, isRight: true, why: '' }
}

function wrong(name: ReactionName, why: string): Reaction {
  return { name, isRight: false, why }
}
