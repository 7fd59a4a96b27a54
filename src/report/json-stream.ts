import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { connectNs, durationNs, headersNs, latenessNs, ttfbNs, ttftNs } from '../model/times.ts'
import { orNull, rounded } from './json-number.ts'

/**
 * One stream in the JSON: the original's names, all of them and `null` where something was not measured, then ours.
 * `error` is the failure's kind, and `aborted` where an interrupt ended the stream.
 */
export function streamJson(record: StreamRecord, epochS: (instantNs: number) => number) {
  const { outcome, intendedNs, startedNs, connectedNs, requestSentNs, firstByteNs, firstEventNs } = record
  const failure = outcome.state === 'failed' ? outcome : undefined
  return {
    stream_id: record.stream,
    status_code: record.status ?? null,
    ttfb_ms: ms(ttfbNs(record)),
    duration_ms: ms(durationNs(record)),
    chunks_received: record.chunks,
    bytes_received: record.bytes,
    error: failure?.kind ?? (outcome.state === 'aborted' ? 'aborted' : null),
    first_chunk_ts: orNull(firstByteNs, epochS),
    last_chunk_ts: orNull(record.lastByteNs, epochS),
    outcome: outcome.state,
    error_phase: outcome.state === 'whole' ? null : outcome.phase,
    error_detail: failure?.detail ?? null,
    events_received: record.events,
    deltas_received: record.deltas,
    lateness_ms: ms(latenessNs(record)),
    connect_ms: ms(connectNs(record)),
    headers_ms: ms(headersNs(record)),
    ttft_ms: ms(ttftNs(record)),
    largest_gap_ms: ms(record.largestGapNs),
    findings: record.findings ?? [],
    raw_base64: record.rawBase64 ?? null,
    fault: record.fault ?? null,
    attempts: record.attempts ?? null,
    client_fault: record.clientFault ?? null,
    upstream: record.upstream ?? null,
    instants_ns: {
      intended: intendedNs,
      started: startedNs,
      connected: connectedNs ?? null,
      request_sent: requestSentNs ?? null,
      headers: record.headersNs ?? null,
      first_byte: firstByteNs ?? null,
      first_event: firstEventNs ?? null,
      first_delta: record.firstDeltaNs ?? null,
      last_delta: record.lastDeltaNs ?? null,
      last_byte: record.lastByteNs ?? null,
      ended: record.endedNs,
    },
  }
}

/** Instants of a run's monotonic clock as seconds since 1970, by the wall clock at the run's start. */
export function epochSOf({
  startedAt,
  startedNs,
}: Pick<Run, 'startedAt' | 'startedNs'>): (instantNs: number) => number {
  const startMs = Date.parse(startedAt)
  return (instantNs) => rounded((startMs + (instantNs - startedNs) / 1e6) / 1000, 6)
}

function ms(ns: number | undefined): number | null {
  return orNull(ns, (value) => rounded(value / 1e6, 6))
}
