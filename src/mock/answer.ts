import type { ProtocolName } from '../protocol/protocol.ts'
import type { ScriptHead } from './script.ts'

/** The whole answer in one body, for a request that does not ask for a stream. */
export function answer(protocol: ProtocolName, head: ScriptHead, text: string): object {
  const { id, model, createdS, promptTokens, chunks } = head
  switch (protocol) {
    case 'openai-chat-completions':
      return {
        id,
        object: 'chat.completion',
        created: createdS,
        model,
        choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
        usage: { prompt_tokens: promptTokens, completion_tokens: chunks, total_tokens: promptTokens + chunks },
      }
    case 'anthropic-messages':
      return {
        id,
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text }],
        stop_reason: 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: promptTokens, output_tokens: chunks },
      }
    case 'openai-responses': {
      const content = [{ type: 'output_text', text, annotations: [] }]
      return {
        id,
        object: 'response',
        created_at: createdS,
        model,
        status: 'completed',
        output: [{ id: `msg_${id}`, type: 'message', role: 'assistant', status: 'completed', content }],
        usage: { input_tokens: promptTokens, output_tokens: chunks, total_tokens: promptTokens + chunks },
      }
    }
  }
}
