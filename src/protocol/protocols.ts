import { anthropicMessages } from './anthropic-messages.ts'
import { openaiChatCompletions } from './openai-chat-completions.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Protocol, ProtocolName } from './protocol.ts'

/** Every protocol, by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat-completions': openaiChatCompletions,
  'openai-responses': openaiResponses,
}

/** The names, in the order in which `--help` lists them. */
export const protocolNames = Object.keys(protocols) as readonly ProtocolName[]
