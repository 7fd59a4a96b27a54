import { anthropicMessages } from '../protocol/anthropic-messages.ts'
import { type ChatIdentity, openaiChatCompletions } from '../protocol/openai-chat-completions.ts'
import { openaiResponses } from '../protocol/openai-responses.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { readAnthropicRequest } from './anthropic-request.ts'
import { createAnthropicWriter } from './anthropic-writer.ts'
import type { Experiment, Misread } from './asked.ts'
import { readChatRequest } from './chat-request.ts'
import { createChatWriter } from './chat-writer.ts'
import type { Completion } from './completion.ts'
import { readResponsesRequest } from './responses-request.ts'
import { createResponsesStreamWriter } from './responses-writer.ts'
import type { StreamWriter } from './upstream-event.ts'
import { anthropicMessage, responsesResponse } from './whole-answer.ts'

/** What the gateway does for a client of one protocol. */
export interface Dialect {
  readonly protocol: Protocol
  readonly read: (body: object) => Experiment | Misread
  /** Makes the writer of one stream. `fallback` names the answer where the upstream never did. */
  readonly writer: (asked: Experiment, fallback: ChatIdentity) => StreamWriter
  /** Whether such a writer keeps the answer until its end. */
  readonly keepsAnswer: boolean
  /** The body of an answer that is not streamed. */
  readonly whole: (completion: Completion) => string
}

/** Every dialect, by the path that it is spoken at. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  (
    [
      {
        protocol: anthropicMessages,
        read: readAnthropicRequest,
        writer: () => createAnthropicWriter(),
        keepsAnswer: false,
        whole: (completion) => JSON.stringify(anthropicMessage(completion)),
      },
      {
        protocol: openaiChatCompletions,
        read: readChatRequest,
        writer: ({ wantsUsage }) => createChatWriter(wantsUsage),
        keepsAnswer: false,
        whole: ({ json }) => json,
      },
      {
        protocol: openaiResponses,
        read: readResponsesRequest,
        writer: (_, fallback) => createResponsesStreamWriter(fallback),
        keepsAnswer: true,
        whole: (completion) => JSON.stringify(responsesResponse(completion)),
      },
    ] satisfies Dialect[]
  ).map((dialect) => [dialect.protocol.path, dialect]),
)
