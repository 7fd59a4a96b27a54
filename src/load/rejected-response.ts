import { Buffer } from 'node:buffer'
import type { Report } from '../grammar/finding.ts'
import type { FailureKind } from '../model/failure.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import { readContentType, splitList } from './content-type.ts'
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
export function rejectResponse(
  status: number,
  headers: ReadonlyMap<string, string>,
  protocol: ProtocolName,
  report: Report,
): RejectedResponse | undefined {
  const reject = (kind: FailureKind, reason: string) => ({ kind, reason, excerpt: Buffer.alloc(0) })
  if (status !== 200) return reject(statusFailure(status), `HTTP ${status}`)

  const contentType = headers.get('content-type')
  const { essence, isList } = readContentType(contentType ?? '')
  const typeRule = protocol === 'anthropic-messages' ? 'A1' : 'content_type'
  if (essence !== 'text/event-stream') {
    report.broken(typeRule, 'text/event-stream', contentType)
    return reject('bad_content_type', `content type ${JSON.stringify(contentType ?? '')}`)
  }
  if (isList) report.warn(typeRule, 'one content type', contentType)

  const coding = headers.get('content-encoding') ?? ''
  if (!splitList(coding).every((value) => value === '' || value.toLowerCase() === 'identity'))
    return reject('content_encoding', `content coding ${JSON.stringify(coding)}; the request accepts only identity`)
  return undefined
}

/** Adds body bytes to the excerpt until it is full. */
export function addExcerpt(response: RejectedResponse, bytes: Buffer, start: number, end: number): void {
  // Encoded bytes say nothing to a reader.
  const room = response.kind === 'content_encoding' ? 0 : excerptBytes - response.excerpt.length
  if (room > 0) response.excerpt = Buffer.concat([response.excerpt, bytes.subarray(start, Math.min(end, start + room))])
}

/** Whether the response is an error sent with status 200. */
export function isErrorWith200({ kind, excerpt }: RejectedResponse): boolean {
  return kind === 'bad_content_type' && /"(?:error|detail)"\s*:/.test(excerpt.toString())
}
