import { asObject, frame, hasText, type Meaning, type Protocol, parseObject } from './protocol.ts'

/** Anthropic Messages, streamed (Anthropic API reference, "Streaming messages"). */
export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  path: '/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  request: ({ model, prompt, maxTokens }) => ({
    model,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: prompt }],
    stream: true,
  }),
  meaning: anthropicMeaning,
  error: anthropicError,
}

const errorTypes: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

/** An error body as Anthropic's API sends it; in a stream it is the data of an `error` event. */
export function anthropicError(status: number, message: string): object {
  const type = errorTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message } }
}

function anthropicMeaning(type: string, data: string): Meaning {
  const body = parseObject(data)
  if (!body) return 'malformed'
  // An error without a type is a gateway's own, not in this protocol's shape.
  if (body['type'] === undefined && body['error'] != null) return 'error'
  const name = typeof body['type'] === 'string' ? body['type'] : type
  switch (name) {
    case 'content_block_delta': {
      const delta = asObject(body['delta'])
      if (!delta) return 'malformed'
      return hasText(delta['text']) || hasText(delta['partial_json']) || hasText(delta['thinking']) ? 'delta' : 'other'
    }
    case 'message_delta':
      return asObject(body['delta'])?.['stop_reason'] != null ? 'finish' : 'other'
    case 'message_stop':
      return 'terminal'
    case 'error':
      return 'error'
    default:
      return 'other'
  }
}

/** One event of the Messages stream: its `event:` name is its `type`. */
export function anthropicEvent(type: string, members: object): string {
  return frame(type, JSON.stringify({ type, ...members }))
}

/** The first event: the message's head, with no content yet. */
export function messageStart(id: string, model: string, inputTokens: number): string {
  const usage = { input_tokens: inputTokens, output_tokens: 0 }
  const message = { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null }
  return anthropicEvent('message_start', { message: { ...message, usage } })
}

/** The event that says why the message ended and what it used. */
export function messageDelta(stopReason: string, usage: object): string {
  return anthropicEvent('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage })
}
