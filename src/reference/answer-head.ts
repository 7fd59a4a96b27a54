import type { IncomingMessage } from 'node:http'
import { readBody } from '../base/read-body.ts'
import { parseObject } from '../protocol/protocol.ts'
import { readError } from './chat-fields.ts'
import { badGateway, type Failure } from './failure.ts'

const maxErrorBytes = 64 * 1024

/** Why an upstream's answer cannot be relayed, by its head alone; undefined where it can. A redirect is never followed. */
export function headFailure(response: IncomingMessage, isStream: boolean): Failure | undefined {
  const { statusCode: status = 0, headers } = response
  if (status >= 400 && status <= 599) {
    const retryAfter = headers['retry-after']
    const failure = { reason: 'upstream_status', status, message: `the upstream answered ${status}` } as const
    return retryAfter === undefined ? failure : { ...failure, retryAfter }
  }
  if (status !== 200) return badGateway('upstream_status', `the upstream answered ${status}`)
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (isStream && type !== 'text/event-stream')
    return badGateway(
      'upstream_content',
      `the upstream answered with ${type || 'no content type'} instead of an event stream`,
    )
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity'
    ? undefined
    : badGateway('upstream_content', `the upstream sent content encoded as ${encoding}`)
}

/** The failure in the words of the error that the answer's body holds, where it holds one. */
export async function withBodyMessage(failure: Failure, response: IncomingMessage, idleMs: number): Promise<Failure> {
  const body = await readBody(response, { sizeBytes: maxErrorBytes, idleMs })
  if (typeof body === 'string') {
    response.destroy()
    return failure
  }
  const told = parseObject(body.bytes.toString())
  const message = told && readError(told)?.message
  return message ? { ...failure, message } : failure
}
