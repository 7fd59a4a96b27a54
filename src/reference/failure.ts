/** Why a request failed, as `ccr_failures_total` counts it. */
export type FailureReason =
  | 'upstream_connect'
  | 'upstream_closed'
  | 'upstream_status'
  | 'upstream_content'
  | 'upstream_truncated'
  | 'upstream_reset'
  | 'upstream_malformed'
  | 'upstream_error'
  | 'upstream_timeout'

/** What went wrong upstream: the HTTP status that says it where headers have not been sent yet, and words for a person. */
export interface Failure {
  readonly reason: FailureReason
  readonly status: number
  readonly message: string
  /** The upstream's `Retry-After`, as it came. */
  readonly retryAfter?: string
}

/** What is wrong with a client's request. */
export interface Refusal {
  readonly status: 400 | 404 | 405 | 413
  readonly message: string
}

/** A failure for which no status of the upstream's own stands: the gateway answers 502. */
export function badGateway(reason: FailureReason, message: string): Failure {
  return { reason, status: 502, message }
}

/** The upstream sent something that cannot be used. */
export function malformed(what: string): Failure {
  return badGateway('upstream_malformed', `the upstream sent ${what}`)
}
