/** How far a stream had come when it failed. */
export const phases = ['connect', 'send', 'headers', 'first-event', 'stream', 'end'] as const
/** One of `phases`. */
export type Phase = (typeof phases)[number]

/** Each way in which a stream can fail; the names are those of the detection matrix. */
export const failureKinds = [
  'connect_refused',
  'connect_timeout',
  'connect_failed',
  'dns_error',
  'local_resource',
  'headers_timeout',
  'closed_before_headers',
  'reset_before_headers',
  'http_4xx',
  'http_429',
  'http_5xx',
  'http_redirect',
  'http_unexpected_status',
  'http_malformed',
  'http_trailing_garbage',
  'bad_content_type',
  'protocol_not_sse',
  'empty_stream',
  'inband_error',
  'inband_error_malformed',
  'error_then_success',
  'json_malformed',
  'event_too_large',
  'first_token_timeout',
  'token_idle_timeout',
  'stream_timeout',
  'truncated_fin',
  'truncated_clean_eof',
  'masked_truncation',
  'missing_done',
  'reset_midstream',
  'unterminated_final_event',
  'duplicate_terminal',
  'data_after_terminal',
  'not_closed_after_terminal',
  'cross_talk',
  'text_corrupted',
  'text_reordered',
  'text_duplicated',
  'text_missing',
  'tool_args_differ',
  'stop_reason_differs',
] as const
/** One of `failureKinds`. */
export type FailureKind = (typeof failureKinds)[number]

/** The kinds by which our own deadlines name a stream that we gave up; a kernel that gives up a connect is among them. */
const deadlineKinds: ReadonlySet<FailureKind> = new Set([
  'connect_timeout',
  'headers_timeout',
  'first_token_timeout',
  'token_idle_timeout',
  'stream_timeout',
  'not_closed_after_terminal',
])

/** Whether a stream failed because we gave it up. */
export function isDeadline(kind: FailureKind): boolean {
  return deadlineKinds.has(kind)
}

/** What became of a stream. `aborted` is our own doing (an interrupt), and no failure of anyone. */
export type Outcome =
  | { readonly state: 'whole' }
  | { readonly state: 'failed'; readonly phase: Phase; readonly kind: FailureKind; readonly detail: string }
  | { readonly state: 'aborted'; readonly phase: Phase }

/** A rule that a stream broke (`error`) or came near to breaking (`warning`), and where. */
export interface StreamFinding {
  /** Such as `A3` or `I5`. */
  readonly rule: string
  readonly severity: 'error' | 'warning'
  /** The number of the event at which it was found, from 1. */
  readonly event: number
  /** The planned delta that it concerns, from 0. */
  readonly delta?: number
  readonly expected: string
  readonly got: string
}

/**
 * One stream, as plain data. Instants are ns on the monotonic clock of `clock.ts`; one that was never reached is absent.
 * `chunks` counts reads that carried body bytes, `events` dispatched SSE events, `deltas` events with generated content.
 */
export interface StreamRecord {
  readonly stream: number
  readonly intendedNs: number
  readonly startedNs: number
  readonly connectedNs?: number
  readonly requestSentNs?: number
  readonly headersNs?: number
  readonly firstByteNs?: number
  readonly firstEventNs?: number
  readonly firstDeltaNs?: number
  readonly lastDeltaNs?: number
  readonly lastByteNs?: number
  readonly endedNs: number
  readonly status?: number
  readonly bytes: number
  readonly chunks: number
  readonly events: number
  readonly deltas: number
  readonly largestGapNs?: number
  /** When the delta came that ended its largest gap. */
  readonly largestGapEndNs?: number
  /** The first findings of each rule; absent where there is none. */
  readonly findings?: readonly StreamFinding[]
  /** The last bytes, 1 KiB at most, of the read in which it failed, with HTTP's own; absent where it failed in none. */
  readonly rawBase64?: string
  /** How often each rule was found. */
  readonly findingCounts?: Readonly<Record<string, number>>
  /** What the mock was to do wrong, with its position; absent: nothing. */
  readonly fault?: string
  /** Requests for this stream that the mock saw; absent where it was not asked. */
  readonly attempts?: number
  /** Those of them to which the mock played the fault: none where the protocol that it was asked in does not have it. */
  readonly faulty?: number
  /** What its client did wrong, with its position; absent: nothing. */
  readonly clientFault?: string
  /** How the mock's last answer for it ended, and when, on the same clock; absent where the mock was not asked. */
  readonly upstream?: { readonly state: 'open' | 'served' | 'left'; readonly endedNs: number }
  readonly outcome: Outcome
}

/** Whether the mock did something wrong to a stream; where nobody asked it, whether it could: no fault reaches one whose request was never sent. */
export function isHarmed({ fault, requestSentNs, attempts = 1, faulty = attempts }: StreamRecord): boolean {
  return fault !== undefined && requestSentNs !== undefined && (faulty > 0 || attempts === 0)
}
