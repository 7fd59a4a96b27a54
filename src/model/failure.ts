/** How far a stream got before it failed. */
export const phases = ['connect', 'send', 'headers', 'first-event', 'stream', 'end'] as const
/** One of `phases`. */
export type Phase = (typeof phases)[number]

/** The ways in which a stream can fail; the detection matrix uses the same names. */
export const failureKinds = [
  'connect_refused',
  'connect_timeout',
  'connect_failed',
  'dns_error',
  'local_resource',
  'internal_error',
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
  'content_encoding',
  'protocol_not_sse',
  'empty_stream',
  'inband_error',
  'inband_error_malformed',
  'error_then_success',
  'json_malformed',
  'not_an_event',
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

/** Failures at one of our own deadlines; `connect_timeout` may also come from the kernel. */
const deadlineKinds: ReadonlySet<FailureKind> = new Set([
  'connect_timeout',
  'headers_timeout',
  'first_token_timeout',
  'token_idle_timeout',
  'stream_timeout',
  'not_closed_after_terminal',
])

/** Whether this kind of failure means that we aborted the stream at a deadline. */
export function isDeadline(kind: FailureKind): boolean {
  return deadlineKinds.has(kind)
}
