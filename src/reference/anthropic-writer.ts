import { anthropicError, anthropicEvent, messageDelta, messageStart } from '../protocol/anthropic-messages.ts'
import { frame } from '../protocol/protocol.ts'
import { type Block, createBlockSequencer } from './blocks.ts'
import type { FinishReason, StreamWriter, Usage } from './upstream-event.ts'

/** Anthropic's stop reasons (rule A12). */
export const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
}

/** Anthropic's usage; unknown counts are 0, as the protocol requires a number. */
export function anthropicUsage(usage: Usage | undefined): object {
  return { input_tokens: usage?.inputTokens ?? 0, output_tokens: usage?.outputTokens ?? 0 }
}

/** Writes a Messages stream. The upstream sends usage after the finish reason, so the last `message_delta` waits for the end. */
export function createAnthropicWriter(): StreamWriter {
  let out = ''
  let reason: FinishReason = 'stop'
  let usage: Usage | undefined
  const blocks = createBlockSequencer({
    open: (block) => {
      out += anthropicEvent('content_block_start', { index: block.index, content_block: emptyBlock(block) })
    },
    piece: ({ kind, index }, text) => {
      out += anthropicEvent('content_block_delta', { index, delta: pieceDeltas[kind](text) })
    },
    close: ({ index }) => {
      out += anthropicEvent('content_block_stop', { index })
    },
  })

  return (event) => {
    out = ''
    switch (event.kind) {
      case 'start':
        return messageStart(event.identity.id, event.identity.model, 0)
      case 'chunk':
        return ''
      case 'text':
      case 'thinking':
      case 'tool-start':
      case 'tool-arguments':
        blocks.add(event)
        return out
      case 'finish':
        reason = event.reason
        blocks.finish()
        return out
      case 'usage':
        usage = event.usage
        return ''
      case 'end':
        return messageDelta(stopReasons[reason], anthropicUsage(usage)) + anthropicEvent('message_stop', {})
      case 'error':
        return frame('error', JSON.stringify(anthropicError(event.failure.status, event.failure.message)))
      default:
        return event satisfies never
    }
  }
}

function emptyBlock(block: Block): object {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: '' }
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} }
    default:
      return block satisfies never
  }
}

const pieceDeltas: Readonly<Record<Block['kind'], (text: string) => object>> = {
  text: (text) => ({ type: 'text_delta', text }),
  thinking: (thinking) => ({ type: 'thinking_delta', thinking }),
  tool: (partial_json) => ({ type: 'input_json_delta', partial_json }),
}
