import { type ChatIdentity, chatChunk, chatUsageChunk, doneData } from '../protocol/openai-chat-completions.ts'
import { frame } from '../protocol/protocol.ts'
import { aroundText } from './around-text.ts'
import { createdS, type Dialect, type Head, idOf } from './dialect.ts'

/** OpenAI chat completions as the mock tells them. */
export const chatDialect: Dialect = {
  script: (head) => {
    const identity = identityOf(head)
    return {
      opening: [chatChunk(identity, { role: 'assistant', content: '' })],
      delta: aroundText((content) => chatChunk(identity, { content })),
      closing: () => [
        chatChunk(identity, {}, 'stop'),
        ...(head.includeUsage ? [chatUsageChunk(identity, usageOf(head))] : []),
        frame(undefined, doneData),
      ],
    }
  },
  answer: (head, content) => ({
    id: identityOf(head).id,
    object: 'chat.completion',
    created: createdS,
    model: head.model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: usageOf(head),
  }),
}

function identityOf({ key, model }: Head): ChatIdentity {
  return { id: idOf('chatcmpl', key), model, createdS }
}

function usageOf({ promptTokens, chunks }: Head): object {
  return { prompt_tokens: promptTokens, completion_tokens: chunks, total_tokens: promptTokens + chunks }
}
