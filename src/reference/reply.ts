import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Protocol } from '../protocol/protocol.ts'
import type { Failure, Refusal } from './failure.ts'

/** Sends a whole text as the answer. */
export function sendText(
  client: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  client.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers })
  client.end(text)
}

/** Tells a client what is wrong with its request, in its protocol's shape. */
export function sendRefusal(
  client: ServerResponse,
  protocol: Protocol,
  { status, message }: Refusal,
  headers: OutgoingHttpHeaders = {},
): void {
  // After a body that was too large the connection may hold more of it, which is nobody's request.
  const close = status === 413 ? { connection: 'close' } : {}
  sendText(client, status, 'application/json', JSON.stringify(protocol.error(status, message)), {
    ...headers,
    ...close,
  })
}

/** Tells a client that the upstream failed, in its protocol's shape and with the upstream's own status where it has one. */
export function sendFailure(
  client: ServerResponse,
  protocol: Protocol,
  { status, message, retryAfter }: Failure,
): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  sendText(client, status, 'application/json', JSON.stringify(protocol.error(status, message)), headers)
}
