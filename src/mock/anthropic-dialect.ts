import { type Block, toolOf } from '../plan/content.ts'
import { anthropicEvent, messageDelta, messageStart } from '../protocol/anthropic-messages.ts'
import { deltaWriter } from './delta-writer.ts'
import { answerId, atStarts, byBlock, callsBefore, type Dialect, type Head } from './dialect.ts'

/** How the mock writes Anthropic Messages. */
export const anthropicDialect: Dialect = {
  script: (head) => {
    const { key, model, blocks, usage, stop } = head
    const start = (block: Block, index: number) =>
      anthropicEvent('content_block_start', { index, content_block: emptyBlock(head, block, index) })
    const end = (index: number) => anthropicEvent('content_block_stop', { index })
    return {
      opening: [
        messageStart(answerId('msg', key), model, usage.inputTokens),
        ...blocks.slice(0, 1).map((block) => start(block, 0)),
      ],
      before: atStarts(blocks, (block, at) => [end(at - 1), start(block, at)]),
      delta: byBlock(blocks, ({ kind }, index) =>
        deltaWriter((text) => anthropicEvent('content_block_delta', { index, delta: deltaOf[kind](text) })),
      ),
      closing: () => [
        end(blocks.length - 1),
        messageDelta(stop, { output_tokens: usage.outputTokens }),
        anthropicEvent('message_stop', {}),
      ],
    }
  },
  answer: (head, texts) => ({
    id: answerId('msg', head.key),
    type: 'message',
    role: 'assistant',
    model: head.model,
    content: head.blocks.map((block, at) => completeBlock(head, block, at, texts[at] ?? '')),
    stop_reason: head.stop,
    stop_sequence: null,
    usage: { input_tokens: head.usage.inputTokens, output_tokens: head.usage.outputTokens },
  }),
}

const deltaOf: Readonly<Record<Block['kind'], (text: string) => object>> = {
  text: (text) => ({ type: 'text_delta', text }),
  thinking: (thinking) => ({ type: 'thinking_delta', thinking }),
  tool: (json) => ({ type: 'input_json_delta', partial_json: json }),
}

function emptyBlock(head: Head, block: Block, at: number): object {
  if (block.kind === 'tool') return toolBlock(head, at, {})
  return block.kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' }
}

function completeBlock(head: Head, block: Block, at: number, text: string): object {
  if (block.kind === 'tool') return toolBlock(head, at, JSON.parse(text))
  return block.kind === 'text' ? { type: 'text', text } : { type: 'thinking', thinking: text, signature: '' }
}

function toolBlock({ key, blocks }: Head, at: number, input: object): object {
  return { type: 'tool_use', ...toolOf(key, callsBefore(blocks, at)), input }
}
