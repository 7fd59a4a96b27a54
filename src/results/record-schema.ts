import { z } from 'zod'
import type { FailureKind, Phase, StreamRecord } from '../record.ts'

/** Each phase and each kind by name: a type leaves nothing behind to check a file against. */
const phases: Readonly<Record<Phase, true>> = {
  connect: true,
  send: true,
  headers: true,
  'first-event': true,
  stream: true,
  end: true,
}
const kinds: Readonly<Record<FailureKind, true>> = {
  connect_refused: true,
  connect_timeout: true,
  connect_failed: true,
  dns_error: true,
  local_resource: true,
  headers_timeout: true,
  closed_before_headers: true,
  reset_before_headers: true,
  http_4xx: true,
  http_429: true,
  http_5xx: true,
  http_redirect: true,
  http_unexpected_status: true,
  http_malformed: true,
  http_trailing_garbage: true,
  bad_content_type: true,
  protocol_not_sse: true,
  empty_stream: true,
  inband_error: true,
  json_malformed: true,
  event_too_large: true,
  first_token_timeout: true,
  stream_timeout: true,
  truncated_fin: true,
  truncated_clean_eof: true,
  masked_truncation: true,
  missing_done: true,
  reset_midstream: true,
  unterminated_final_event: true,
  duplicate_terminal: true,
  data_after_terminal: true,
  not_closed_after_terminal: true,
}

/** The names of all phases and of all kinds. */
export const phaseNames = Object.keys(phases) as readonly Phase[]
export const kindNames = Object.keys(kinds) as readonly FailureKind[]

const count = z.int().nonnegative()
const instant = z.number()
const reached = instant.optional()
const phase = z.enum(phaseNames)

/** One line of streams.ndjson: a `StreamRecord`, and nothing beside it. */
export const recordSchema = z.strictObject({
  stream: count,
  intendedNs: instant,
  startedNs: instant,
  connectedNs: reached,
  requestSentNs: reached,
  headersNs: reached,
  firstByteNs: reached,
  firstEventNs: reached,
  firstDeltaNs: reached,
  lastDeltaNs: reached,
  lastByteNs: reached,
  endedNs: instant,
  status: count.optional(),
  bytes: count,
  chunks: count,
  events: count,
  deltas: count,
  largestGapNs: z.number().nonnegative().optional(),
  outcome: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('whole') }),
    z.strictObject({ state: z.literal('failed'), phase, kind: z.enum(kindNames), detail: z.string() }),
    z.strictObject({ state: z.literal('aborted'), phase }),
  ]),
}) satisfies z.ZodType<StreamRecord>
