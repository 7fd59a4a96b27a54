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
  // An error without a type is a gateway's own, not in this protocol's shape.
  if (body['type'] === undefined && body['error'] != null) return 'error'
  const name = typeof body['type'] === 'string' ? body['type'] : type
  switch (name) {
    case 'response.completed':
    case 'response.incomplete':
      return 'completed'
    case 'response.failed':
    case 'error':
      return 'error'
    default:
      return name.endsWith('.delta') && hasText(body['delta']) ? 'delta' : 'other'
  }
}

/** Writes the events of one Responses stream, numbered without gaps from 0, or from the number of those written otherwise. */
export function createResponsesWriter(first = 0): (type: string, members: object) => string {
  let sequence = first
  return (type, members) => frame(type, JSON.stringify({ type, sequence_number: sequence++, ...members }))
}
