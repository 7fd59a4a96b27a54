import { anthropicEvent, messageDelta, messageStart } from '../protocol/anthropic-messages.ts'
import { aroundText } from './around-text.ts'
import { type Dialect, idOf } from './dialect.ts'

/** Anthropic Messages as the mock tells them. */
export const anthropicDialect: Dialect = {
  script: ({ key, model, promptTokens, chunks }) => ({
    opening: [
      messageStart(idOf('msg', key), model, promptTokens),
      anthropicEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    delta: aroundText((text) =>
      anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ),
    closing: () => [
      anthropicEvent('content_block_stop', { index: 0 }),
      messageDelta('end_turn', { output_tokens: chunks }),
      anthropicEvent('message_stop', {}),
    ],
  }),
  answer: ({ key, model, promptTokens, chunks }, text) => ({
    id: idOf('msg', key),
    type: 'message',
    role: 'assistant',
    model,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: promptTokens, output_tokens: chunks },
  }),
}
