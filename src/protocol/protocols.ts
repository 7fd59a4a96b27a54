import type { ProtocolName } from '../model/protocol-name.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { openaiChatCompletions } from './openai-chat-completions.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Protocol } from './protocol.ts'

/** Every protocol, by name. */
export const protocols: Readonly<Record<ProtocolName, Protocol>> = {
  'anthropic-messages': anthropicMessages,
  'openai-chat-completions': openaiChatCompletions,
  'openai-responses': openaiResponses,
}
