import { Buffer } from 'node:buffer'
import type { FailureKind } from '../model/failure.ts'
import { statusFailure } from './failure.ts'

/** Bytes of an answer that is no event stream, kept to say what it was. */
const excerptBytes = 512

/** An answer that is no event stream: why, and the first bytes of what it is instead. */
export interface Refusal {
  readonly kind: FailureKind
  readonly what: string
  excerpt: Buffer
}

/** Why an answer with this head is no event stream; undefined where it is one. */
export function refusalOf(status: number, headers: ReadonlyMap<string, string>): Refusal | undefined {
  const contentType = headers.get('content-type') ?? ''
  const coding = headers.get('content-encoding') ?? 'identity'
  const because = (kind: FailureKind, what: string) => ({ kind, what, excerpt: Buffer.alloc(0) })
  if (status !== 200) return because(statusFailure(status), `HTTP ${status}`)
  if (contentType.split(';')[0]?.trim().toLowerCase() !== 'text/event-stream')
    return because('bad_content_type', `content type ${JSON.stringify(contentType)}`)
  if (coding.toLowerCase() !== 'identity')
    return because('protocol_not_sse', `content coding ${JSON.stringify(coding)}`)
  return undefined
}

/** Keeps the first bytes of what came. */
export function addExcerpt(refusal: Refusal, bytes: Buffer, start: number, end: number): void {
  const room = excerptBytes - refusal.excerpt.length
  if (room > 0) refusal.excerpt = Buffer.concat([refusal.excerpt, bytes.subarray(start, Math.min(end, start + room))])
}

/** Whether the answer is an error told with a status of 200. */
export function isErrorWith200({ kind, excerpt }: Refusal): boolean {
  return kind === 'bad_content_type' && /"(?:error|detail)"\s*:/.test(excerpt.toString())
}
