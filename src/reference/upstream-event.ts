import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import type { Failure } from './failure.ts'

/** Why generation ended: chat completions' `finish_reason`, with the synonyms that providers use folded in. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter'

/** Whether an answer that ended for this reason may have been cut anywhere, as in the middle of a tool's arguments. */
export function isCut(reason: FinishReason): boolean {
  return reason === 'length' || reason === 'content_filter'
}

/** What the upstream says was used; `raw` is its own `usage` object. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly raw: object
}

/** Content of the one answer that every protocol knows (choice 0). `tool` is the upstream's index of a tool call. */
export type ContentEvent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'thinking'; readonly text: string }
  | { readonly kind: 'tool-start'; readonly tool: number; readonly id: string; readonly name: string }
  | { readonly kind: 'tool-arguments'; readonly tool: number; readonly json: string }

/**
 * All that an upstream can say, whatever protocol the client speaks. `start` comes first and once; `chunk` is the chunk itself, for
 * a writer that relays, before the content that it holds; `end` or `error` comes last and once, and `end` only after `finish`.
 */
export type UpstreamEvent =
  | { readonly kind: 'start'; readonly identity: ChatIdentity }
  | { readonly kind: 'chunk'; readonly json: string }
  | ContentEvent
  | { readonly kind: 'finish'; readonly reason: FinishReason }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly failure: Failure }

/** Turns what the upstream says into the bytes that the client's protocol has for it. */
export type StreamWriter = (event: UpstreamEvent) => string
