import type { JsonObject } from '../base/json.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import type { Failure } from './failure.ts'

/** Why the generation ended: the `finish_reason` of chat completions, with the synonyms of some providers normalized. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** Whether an answer with this finish reason may be truncated, for example inside a tool's arguments. */
export function isCut(reason: FinishReason): boolean {
  return reason === 'length' || reason === 'content_filter'
}

/** The upstream's token counts; `raw` is its `usage` object. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly raw: JsonObject
}

/** Content of choice 0, which every protocol has. `tool` is the upstream's index of a tool call. */
export type ContentEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'tool-start'; readonly tool: number; readonly id: string; readonly name: string }
  | { readonly kind: 'tool-arguments'; readonly tool: number; readonly json: string }

/**
 * An event of the upstream, independent of the client's protocol. `start` is first, once. `chunk` is the chunk itself, before its
 * content, for writers that relay. `end` or `error` is last, once; `end` only after `finish`.
 */
export type UpstreamEvent =
  | { readonly kind: 'start'; readonly identity: ChatIdentity }
  | { readonly kind: 'chunk'; readonly json: string }
  | ContentEvent
  | { readonly kind: 'finish'; readonly reason: FinishReason }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly failure: Failure }

/** Converts an upstream event to the client's protocol. */
export type StreamWriter = (event: UpstreamEvent) => string
