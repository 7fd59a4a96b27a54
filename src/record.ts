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
  'json_malformed',
  'event_too_large',
  'first_token_timeout',
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
] as const
/** One of `failureKinds`. */
export type FailureKind = (typeof failureKinds)[number]

/** What became of a stream. `aborted` is our own doing (an interrupt), and no failure of anyone. */
export type Outcome =
  | { readonly state: 'whole' }
  | { readonly state: 'failed'; readonly phase: Phase; readonly kind: FailureKind; readonly detail: string }
  | { readonly state: 'aborted'; readonly phase: Phase }

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
  readonly outcome: Outcome
}
