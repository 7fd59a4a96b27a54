import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import type { Block } from './blocks.ts'
import { type FinishReason, isCut, type Usage } from './upstream-event.ts'

/** The status of a response or of one of its items. */
type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** The `response` object of OpenAI's Responses API. */
export function responseObject(
  identity: ChatIdentity,
  status: ResponseStatus,
  output: readonly object[],
  more: object = {},
): object {
  const { id, createdS, model } = identity
  return {
    id,
    object: 'response',
    created_at: createdS,
    status,
    model,
    error: null,
    incomplete_details: null,
    output,
    ...more,
  }
}

/** The status of a finished response, with its related members. */
export function responseEnd(reason: FinishReason, usage: Usage | undefined): { status: ResponseStatus; more: object } {
  const tokens = usage && { usage: responseUsage(usage) }
  if (isCut(reason)) {
    const cause = reason === 'length' ? 'max_output_tokens' : 'content_filter'
    return { status: 'incomplete', more: { incomplete_details: { reason: cause }, ...tokens } }
  }
  return { status: 'completed', more: { ...tokens } }
}

function responseUsage({ inputTokens, outputTokens }: Usage): object {
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

/** The output item of a block, with its content so far; `text` undefined: no content yet. */
export function outputItem(responseId: string, block: Block, status: ResponseStatus, text?: string): object {
  const id = itemId(responseId, block)
  const content = text === undefined ? [] : [contentPart(block, text)]
  switch (block.kind) {
    case 'text':
      return { id, type: 'message', status, role: 'assistant', content }
    case 'thinking':
      return { id, type: 'reasoning', status, summary: [], content }
    case 'tool':
      return { id, type: 'function_call', status, call_id: block.id, name: block.name, arguments: text ?? '' }
    default:
      return block satisfies never
  }
}

/** The id of a block's output item. */
export function itemId(responseId: string, { kind, index }: Block): string {
  const prefix = { text: 'msg', thinking: 'rs', tool: 'fc' }[kind]
  return `${prefix}_${responseId}_${index}`
}

/** The content part of a text or of thinking. */
export function contentPart({ kind }: Block, text: string): object {
  return kind === 'thinking' ? { type: 'reasoning_text', text } : { type: 'output_text', text, annotations: [] }
}
