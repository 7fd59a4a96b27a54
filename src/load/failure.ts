import type { FailureKind, Phase } from '../model/failure.ts'
import { defaultMaxEventBytes, type ExceededLimit } from '../protocol/memory-budget.ts'

/** Error codes that mean this machine ran out of a resource. They are not the gateway's fault. */
const localResource = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'EADDRINUSE', 'ENOBUFS', 'ENOMEM'])
const dnsErrors = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'])

/** The kind of failure that a socket error causes in this phase. */
export function socketFailure(code: string | undefined, phase: Phase): FailureKind {
  if (code !== undefined && localResource.has(code)) return 'local_resource'
  switch (phase) {
    case 'connect':
      if (code === 'ECONNREFUSED') return 'connect_refused'
      if (code === 'ETIMEDOUT') return 'connect_timeout'
      return code !== undefined && dnsErrors.has(code) ? 'dns_error' : 'connect_failed'
    case 'send':
    case 'headers':
      return 'reset_before_headers'
    default:
      return 'reset_midstream'
  }
}

/**
 * The kind of failure that an exceeded time limit causes in this phase. `hasDelta`: a delta has arrived. `isIdle`: the limit
 * is the idle timeout, not the stream timeout.
 */
export function deadlineFailure(phase: Phase, hasDelta: boolean, isIdle: boolean): FailureKind {
  switch (phase) {
    case 'connect':
      return 'connect_timeout'
    case 'send':
    case 'headers':
      return 'headers_timeout'
    case 'end':
      return 'not_closed_after_terminal'
    default:
      if (!hasDelta) return 'first_token_timeout'
      return isIdle ? 'token_idle_timeout' : 'stream_timeout'
  }
}

/** The kind of failure that a status other than 200 causes. */
export function statusFailure(status: number): FailureKind {
  if (status === 429) return 'http_429'
  if (status >= 500) return 'http_5xx'
  if (status >= 400) return 'http_4xx'
  if (status === 204 || status === 205) return 'empty_stream'
  return status >= 300 ? 'http_redirect' : 'http_unexpected_status'
}

/** Describes the limit that an event exceeded, in MB: that of its stream, or that of all streams together. */
export function tooLargeDetail(exceeded: ExceededLimit, event: number, eventMemoryMb: number): string {
  return exceeded === 'stream'
    ? `event ${event} needs more than ${defaultMaxEventBytes / 2 ** 20} MB, the limit of one stream`
    : `event ${event} needs more than is left of ${eventMemoryMb} MB, the limit of all streams (--event-memory-mb)`
}
