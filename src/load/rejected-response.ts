import { Buffer } from 'node:buffer'
import type { FailureKind } from '../model/failure.ts'
import { statusFailure } from './failure.ts'

/** Maximum length of the excerpt of a rejected response, in bytes. */
const excerptBytes = 512

/** A response that is not an event stream: the reason, and the first bytes of its body. */
export interface RejectedResponse {
  readonly kind: FailureKind
  readonly reason: string
  excerpt: Buffer
}

/** Checks the head of a response. Returns the rejection, or undefined if the response is an event stream. */
export function rejectResponse(status: number, headers: ReadonlyMap<string, string>): RejectedResponse | undefined {
  const contentType = headers.get('content-type') ?? ''
  const coding = headers.get('content-encoding') ?? 'identity'
  const reject = (kind: FailureKind, reason: string) => ({ kind, reason, excerpt: Buffer.alloc(0) })
  if (status !== 200) return reject(statusFailure(status), `HTTP ${status}`)
  if (contentType.split(';')[0]?.trim().toLowerCase() !== 'text/event-stream')
    return reject('bad_content_type', `content type ${JSON.stringify(contentType)}`)
  if (coding.toLowerCase() !== 'identity') return reject('protocol_not_sse', `content coding ${JSON.stringify(coding)}`)
  return undefined
}

/** Adds body bytes to the excerpt until it is full. */
export function addExcerpt(response: RejectedResponse, bytes: Buffer, start: number, end: number): void {
  const room = excerptBytes - response.excerpt.length
  if (room > 0) response.excerpt = Buffer.concat([response.excerpt, bytes.subarray(start, Math.min(end, start + room))])
}

/** Whether the response is an error sent with status 200. */
export function isErrorWith200({ kind, excerpt }: RejectedResponse): boolean {
  return kind === 'bad_content_type' && /"(?:error|detail)"\s*:/.test(excerpt.toString())
}
