import type { Request, Response } from 'express'
import { endAndLinger } from '../base/close-socket.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'

/** The protocol served at each path. */
export const endpoints: ReadonlyMap<string, ProtocolName> = new Map<string, ProtocolName>([
  ['/chat/completions', 'openai-chat-completions'],
  ['/v1/chat/completions', 'openai-chat-completions'],
  ['/v1/messages', 'anthropic-messages'],
  ['/v1/responses', 'openai-responses'],
])

/** Sends an error in the format of the path's protocol; unknown paths get OpenAI's format. */
export function sendError(response: Response, status: number, message: string): void {
  response.status(status).json(protocolAt(response.req.path).error(status, message))
}

/** Rejects a request whose body was not read to its end. Closes the connection, as the rest of the body is not a request. */
export function sendBodyError(request: Request, response: Response, status: number, message: string): void {
  const body = JSON.stringify(protocolAt(request.path).error(status, message))
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...headers, connection: 'close' }).write(body)
  request.resume()
  // Ending the response would close the socket with unread bytes, and the client might never see the response.
  endAndLinger(request.socket)
}

function protocolAt(path: string): Protocol {
  if (path.startsWith('/v1/messages/')) return protocols['anthropic-messages']
  return protocols[endpoints.get(path) ?? 'openai-chat-completions']
}
