import { anthropicMessages } from '../protocol/anthropic-messages.ts'
import { type ChatIdentity, openaiChatCompletions } from '../protocol/openai-chat-completions.ts'
import { openaiResponses } from '../protocol/openai-responses.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { readAnthropicRequest } from './anthropic-request.ts'
import { anthropicUsage, createAnthropicWriter, stopReasons } from './anthropic-writer.ts'
import type { Block } from './blocks.ts'
import { argumentsObject } from './chat-fields.ts'
import { readChatRequest } from './chat-request.ts'
import { createChatWriter } from './chat-writer.ts'
import type { ClientRequest, InvalidRequest } from './client-request.ts'
import type { Completion } from './completion.ts'
import { outputItem, responseEnd, responseObject } from './responses-object.ts'
import { readResponsesRequest } from './responses-request.ts'
import { createResponsesStreamWriter } from './responses-writer.ts'
import type { StreamWriter } from './upstream-event.ts'

/** How the gateway serves clients of one protocol. */
export interface Dialect {
  readonly protocol: Protocol
  readonly read: (body: object) => ClientRequest | InvalidRequest
  /** Creates the writer of one stream. `fallback` identifies the answer if the upstream does not. */
  readonly writer: (request: ClientRequest, fallback: ChatIdentity) => StreamWriter
  /** Whether the writer buffers the entire answer. */
  readonly keepsAnswer: boolean
  /** The body of a non-streaming answer. */
  readonly body: (completion: Completion) => string
}

/** Every dialect by its path. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  (
    [
      {
        protocol: anthropicMessages,
        read: readAnthropicRequest,
        writer: () => createAnthropicWriter(),
        keepsAnswer: false,
        body: (completion) => JSON.stringify(anthropicMessage(completion)),
      },
      {
        protocol: openaiChatCompletions,
        read: readChatRequest,
        writer: ({ includeUsage }) => createChatWriter(includeUsage),
        keepsAnswer: false,
        body: ({ json }) => json,
      },
      {
        protocol: openaiResponses,
        read: readResponsesRequest,
        writer: (_, fallback) => createResponsesStreamWriter(fallback),
        keepsAnswer: true,
        body: (completion) => JSON.stringify(responsesResponse(completion)),
      },
    ] satisfies Dialect[]
  ).map((dialect) => [dialect.protocol.path, dialect]),
)

/** A non-streaming answer of Anthropic's Messages API. */
function anthropicMessage({ identity, pieces, finish, usage }: Completion): object {
  return {
    id: identity.id,
    type: 'message',
    role: 'assistant',
    model: identity.model,
    content: pieces.map(({ block, text }) => anthropicBlock(block, text)),
    stop_reason: stopReasons[finish],
    stop_sequence: null,
    usage: anthropicUsage(usage),
  }
}

function anthropicBlock(block: Block, text: string): object {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text }
    case 'thinking':
      return { type: 'thinking', thinking: text, signature: '' }
    case 'tool':
      // Truncated arguments (stop_reason max_tokens) are not an object, and a repaired object would be invented.
      return {
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: argumentsObject(text) ?? {},
      }
    default:
      return block satisfies never
  }
}

/** A non-streaming answer of OpenAI's Responses API. */
function responsesResponse({ identity, pieces, finish, usage }: Completion): object {
  const { status, more } = responseEnd(finish, usage)
  const items = pieces.map(({ block, text }) => outputItem(identity.id, block, 'completed', text))
  return responseObject(identity, status, items, more)
}
