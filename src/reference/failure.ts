/** The reason of a failed request, as a label of `ccr_failures_total`. */
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
  | 'internal_error'

/** An upstream failure: its reason, the HTTP status to send (if no headers have been sent yet), and a message. */
export interface Failure {
  readonly reason: FailureReason
  readonly status: number
  readonly message: string
  /** The upstream's `Retry-After`, unchanged. */
  readonly retryAfter?: string
}

/** A bug of the gateway, which fails only the request that met it. */
export const internalError: Failure = { reason: 'internal_error', status: 500, message: 'internal error' }

/** Why a client's request is rejected. */
export interface Rejection {
  readonly status: 400 | 404 | 405 | 413
  readonly message: string
}

/** A failure without a status of the upstream: the gateway responds with 502. */
export function badGateway(reason: FailureReason, message: string): Failure {
  return { reason, status: 502, message }
}

/** The failure of an upstream that sent something invalid. */
export function malformed(what: string): Failure {
  return badGateway('upstream_malformed', `the upstream sent ${what}`)
}

/** Maximum depth of the JSON of a request, an answer or an event: to write it again needs stack for each level. */
export const maxDepth = 256
