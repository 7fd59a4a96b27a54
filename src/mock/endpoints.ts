import type { Response } from 'express'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { protocols } from '../protocol/protocols.ts'

/** Where each protocol is served. */
export const endpoints: ReadonlyMap<string, ProtocolName> = new Map<string, ProtocolName>([
  ['/chat/completions', 'openai-chat-completions'],
  ['/v1/chat/completions', 'openai-chat-completions'],
  ['/v1/messages', 'anthropic-messages'],
  ['/v1/responses', 'openai-responses'],
])

/** Answers with an error in the shape of the provider that the path belongs to: OpenAI's where it is nobody's. */
export function refuse(response: Response, status: number, message: string): void {
  response.status(status).json(protocolAt(response.req.path).error(status, message))
}

function protocolAt(path: string): Protocol {
  if (path.startsWith('/v1/messages/')) return protocols['anthropic-messages']
  return protocols[endpoints.get(path) ?? 'openai-chat-completions']
}
