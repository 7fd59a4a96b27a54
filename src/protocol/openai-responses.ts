import { openaiError } from './openai-chat-completions.ts'
import { frame, hasText, type Meaning, type Protocol, parseObject } from './protocol.ts'

/** OpenAI Responses, streamed (OpenAI API reference, "Streaming events"). */
export const openaiResponses: Protocol = {
  name: 'openai-responses',
  path: '/v1/responses',
  headers: {},
  request: ({ model, prompt, maxTokens }) => ({
    model,
    input: [{ role: 'user', content: [{ type: 'input_text', text: prompt }] }],
    max_output_tokens: maxTokens,
    stream: true,
  }),
  meaning: responsesMeaning,
  error: openaiError,
}

function responsesMeaning(type: string, data: string): Meaning {
  const body = parseObject(data)
  if (!body) return 'malformed'
  const name = typeof body['type'] === 'string' ? body['type'] : type
  switch (name) {
    case 'response.completed':
    case 'response.incomplete':
      return 'terminal'
    case 'response.failed':
    case 'error':
      return 'error'
    case 'response.output_item.done':
      return 'other'
    default:
      return name.endsWith('.delta') && hasText(body['delta']) ? 'delta' : 'other'
  }
}

/** Writes the events of one Responses stream, numbered from 0 without gaps. */
export function createResponsesWriter(): (type: string, members: object) => string {
  let sequence = 0
  return (type, members) => frame(type, JSON.stringify({ type, sequence_number: sequence++, ...members }))
}
