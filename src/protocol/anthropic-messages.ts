import { asNumber, asObject, asText, type JsonObject, parseObject } from '../base/json.ts'
import {
  frame,
  meaningOnly,
  notAnEvent,
  type Part,
  type Protocol,
  type Reading,
  stopText,
  toolParameters,
  usageTokens,
} from './protocol.ts'

/** Anthropic Messages, streamed (Anthropic API reference, "Streaming messages"). */
export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  path: '/v1/messages',
  keyHeader: (key) => ['x-api-key', key],
  tool: (tool) => ({ ...tool, input_schema: toolParameters }),
  read: readAnthropic,
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

/** An error body of the Anthropic API; in a stream, the data of an `error` event. */
export function anthropicError(status: number, message: string): object {
  const type = errorTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
  return { type: 'error', error: { type, message } }
}

function readAnthropic(type: string, data: string): Reading {
  const body = parseObject(data)
  if (!body) return notAnEvent(data)
  // An error without a type comes from a gateway and does not have this protocol's format.
  if (body['type'] === undefined && body['error'] != null) return meaningOnly('odd-error')
  const name = typeof body['type'] === 'string' ? body['type'] : type
  const index = asNumber(body['index']) ?? 0
  switch (name) {
    case 'message_start': {
      const message = asObject(body['message'])
      return { meaning: 'other', parts: [], ...tokens(message), model: asText(message?.['model']) }
    }
    case 'content_block_start': {
      const block = asObject(body['content_block'])
      const parts = block ? partsOfBlock(index, block) : []
      return { meaning: parts.some(({ text }) => text !== '') ? 'delta' : 'other', parts }
    }
    case 'content_block_delta': {
      const delta = asObject(body['delta'])
      if (!delta) return notAnEvent(data)
      const parts = partsOfDelta(index, delta)
      return { meaning: parts.some(({ text }) => text !== '') ? 'delta' : 'other', parts }
    }
    case 'message_delta': {
      const stop = asObject(body['delta'])?.['stop_reason']
      if (stop == null) return { meaning: 'other', parts: [], ...tokens(body) }
      return { meaning: 'finish', parts: [], stop: stopText(stop), ...tokens(body) }
    }
    case 'message_stop':
      return meaningOnly('terminal')
    case 'ping':
      return meaningOnly('ping')
    case 'error':
      return meaningOnly(type === 'error' && asObject(body['error']) ? 'error' : 'odd-error')
    // Neither its name nor its type names an event.
    case 'message':
      return notAnEvent(data)
    default:
      return meaningOnly('other')
  }
}

/** What a block starts with. For a tool call, that is its name. */
function partsOfBlock(index: number, { type, name, text, thinking }: JsonObject): readonly Part[] {
  if (type === 'tool_use') return [{ kind: 'tool', index, text: '', name: asText(name) ?? '' }]
  if (type === 'text') return typeof text === 'string' ? [{ kind: 'text', index, text }] : []
  if (type === 'thinking') return typeof thinking === 'string' ? [{ kind: 'thinking', index, text: thinking }] : []
  // A call that the server runs itself, its result, or a block of a type that this program does not know.
  return [{ kind: 'tool', index, text: '', isForeign: true }]
}

/** The content of a delta. Clients ignore a member that does not belong to the type of the delta. */
function partsOfDelta(index: number, { type, text, thinking, partial_json: json }: JsonObject): readonly Part[] {
  if (type === 'text_delta' && typeof text === 'string') return [{ kind: 'text', index, text }]
  if (type === 'thinking_delta' && typeof thinking === 'string') return [{ kind: 'thinking', index, text: thinking }]
  return type === 'input_json_delta' && typeof json === 'string' ? [{ kind: 'tool', index, text: json }] : []
}

function tokens(holder: JsonObject | undefined) {
  return usageTokens(asObject(holder?.['usage']))
}

/** One event of a Messages stream. Its `event:` name is its `type`. */
export function anthropicEvent(type: string, members: object): string {
  return frame(type, JSON.stringify({ type, ...members }))
}

/** The first event: the message without content. */
export function messageStart(id: string, model: string, inputTokens: number): string {
  const usage = { input_tokens: inputTokens, output_tokens: 0 }
  const message = { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null }
  return anthropicEvent('message_start', { message: { ...message, usage } })
}

/** The event with the stop reason and the usage. */
export function messageDelta(stopReason: string, usage: object): string {
  return anthropicEvent('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage })
}
