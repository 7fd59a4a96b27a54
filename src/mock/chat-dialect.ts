import { type Block, stopNames, toolOf, turnsOf } from '../plan/content.ts'
import { type ChatIdentity, chatChunk, chatUsageChunk, doneData } from '../protocol/openai-chat-completions.ts'
import { frame } from '../protocol/protocol.ts'
import { deltaWriter } from './delta-writer.ts'
import { answerId, atStarts, byBlock, byTurns, callsBefore, createdS, type Dialect, type Head } from './dialect.ts'

/** The finish reason for each stop reason. */
const finishOf = stopNames['openai-chat-completions']

/** How the mock writes OpenAI chat completions. */
export const chatDialect: Dialect = {
  script: (head) => {
    const { key, blocks } = head
    const identity = identityOf(head)
    const start = (block: Block, at: number): readonly string[] => {
      if (block.kind !== 'tool') return []
      const index = callsBefore(blocks, at)
      const { name, id } = toolOf(key, index)
      const call = { index, id, type: 'function', function: { name, arguments: '' } }
      return [chatChunk(identity, { tool_calls: [call] })]
    }
    const delta = (kind: Block['kind'], at: number, text: string): object => {
      if (kind === 'text') return { content: text }
      if (kind === 'thinking') return { reasoning_content: text }
      return { tool_calls: [{ index: callsBefore(blocks, at), function: { arguments: text } }] }
    }
    const writer = ({ kind }: Block, at: number) => deltaWriter((text) => chatChunk(identity, delta(kind, at, text)))
    const blockAt = key.content === 'parallel' ? turnsOf(blocks) : undefined
    return {
      blockAt,
      ...(blockAt
        ? byTurns(blocks, blockAt, start, writer)
        : { before: atStarts(blocks, start), delta: byBlock(blocks, writer) }),
      opening: [
        chatChunk(identity, { role: 'assistant', content: '' }),
        ...blocks.slice(0, 1).flatMap((block) => start(block, 0)),
      ],
      closing: () => [
        chatChunk(identity, {}, finishOf[head.stop]),
        ...(head.includeUsage ? [chatUsageChunk(identity, usageOf(head))] : []),
        frame(undefined, doneData),
      ],
    }
  },
  answer: (head, texts) => ({
    id: identityOf(head).id,
    object: 'chat.completion',
    created: createdS,
    model: head.model,
    choices: [{ index: 0, message: messageOf(head, texts), finish_reason: finishOf[head.stop] }],
    usage: usageOf(head),
  }),
}

function messageOf({ key, blocks }: Head, texts: readonly string[]): object {
  const textOf = (kind: Block['kind']) =>
    blocks.flatMap((block, at) => (block.kind === kind ? [texts[at] ?? ''] : [])).join('')
  const toolTexts = texts.filter((_, at) => blocks[at]?.kind === 'tool')
  const toolCalls = toolTexts.map((text, call) => {
    const { name, id } = toolOf(key, call)
    return { id, type: 'function', function: { name, arguments: text } }
  })
  return {
    role: 'assistant',
    content: textOf('text'),
    reasoning_content: textOf('thinking') || undefined,
    tool_calls: toolCalls.length > 0 ? toolCalls : undefined,
  }
}

function identityOf({ key, model }: Head): ChatIdentity {
  return { id: answerId('chatcmpl', key), model, createdS }
}

function usageOf({ usage: { inputTokens, outputTokens } }: Head): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}
