import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Protocol } from '../protocol/protocol.ts'
import type { Failure, Rejection } from './failure.ts'

/** Sends a complete response. */
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

/** Rejects a client's request, in the format of its protocol. */
export function sendRejection(
  client: ServerResponse,
  protocol: Protocol,
  { status, message }: Rejection,
  headers: OutgoingHttpHeaders = {},
): void {
  // The unread rest of a body that is too large must not be parsed as the next request.
  const close = status === 413 ? { connection: 'close' } : {}
  sendText(client, status, 'application/json', JSON.stringify(protocol.error(status, message)), {
    ...headers,
    ...close,
  })
}

/** Sends an upstream failure to the client, in the format of its protocol and with the upstream's status if it has one. */
export function sendFailure(
  client: ServerResponse,
  protocol: Protocol,
  { status, message, retryAfter }: Failure,
): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  sendText(client, status, 'application/json', JSON.stringify(protocol.error(status, message)), headers)
}
