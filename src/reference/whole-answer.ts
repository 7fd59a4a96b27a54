import { anthropicUsage, stopReasons } from './anthropic-writer.ts'
import type { Block } from './blocks.ts'
import { isWholeJson } from './chat-fields.ts'
import type { Completion } from './completion.ts'
import { outputItem, responseEnd, responseObject } from './responses-object.ts'

/** An answer as Anthropic's Messages API gives it unstreamed. */
export function anthropicMessage({ identity, pieces, finish, usage }: Completion): object {
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
      // Arguments that were cut with their answer (stop_reason max_tokens) are no object, and half of one would be invented.
      return {
        type: 'tool_use',
        id: block.id,
        name: block.name,
        input: isWholeJson(text) ? JSON.parse(text || '{}') : {},
      }
    default:
      return block satisfies never
  }
}

/** An answer as OpenAI's Responses API gives it unstreamed. */
export function responsesResponse({ identity, pieces, finish, usage }: Completion): object {
  const { status, more } = responseEnd(finish, usage)
  const items = pieces.map(({ block, text }) => outputItem(identity.id, block, 'completed', text))
  return responseObject(identity, status, items, more)
}
