import { asNumber, asObject, asText, type JsonObject, parseObject } from '../base/json.ts'
import { doneData, openaiError } from './openai-chat-completions.ts'
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

/** OpenAI Responses, streamed (OpenAI API reference, "Streaming events"). */
export const openaiResponses: Protocol = {
  name: 'openai-responses',
  path: '/v1/responses',
  keyHeader: (key) => ['Authorization', `Bearer ${key}`],
  tool: (tool) => ({ type: 'function', ...tool, parameters: toolParameters }),
  read: readResponses,
  error: openaiError,
}

function readResponses(type: string, data: string): Reading {
  if (data === doneData) return meaningOnly('terminal')
  const body = parseObject(data)
  if (!body) return notAnEvent(data)
  // An error without a type comes from a gateway and does not have this protocol's format.
  if (body['type'] === undefined && body['error'] != null) return meaningOnly(type === 'error' ? 'error' : 'odd-error')
  const name = typeof body['type'] === 'string' ? body['type'] : type
  switch (name) {
    case 'keepalive':
      return meaningOnly('ping')
    case 'response.created':
      return { meaning: 'other', parts: [], model: asText(asObject(body['response'])?.['model']) }
    case 'response.output_item.added':
    case 'response.output_item.done': {
      const { type: kind, name: tool, arguments: text } = asObject(body['item']) ?? {}
      if (!isCall(kind)) return meaningOnly('other')
      const start = name === 'response.output_item.added' ? (asText(text) ?? '') : ''
      const part = { kind: 'tool', index: indexOf(body), text: start, name: asText(tool) } as const
      return { meaning: 'other', parts: [part] }
    }
    case 'response.completed':
    case 'response.incomplete':
      return { meaning: 'completed', parts: [], ...endOf(asObject(body['response']) ?? {}) }
    case 'response.failed':
    case 'error':
      return meaningOnly(type === name ? 'error' : 'odd-error')
    // Neither its name nor its type names an event.
    case 'message':
      return notAnEvent(data)
    default: {
      const text = asText(body['delta'])
      if (!name.endsWith('.delta') || !text) return meaningOnly('other')
      return { meaning: 'delta', parts: [{ kind: kindOf(name), index: indexOf(body), text }] }
    }
  }
}

function indexOf(body: JsonObject): number {
  return asNumber(body['output_index']) ?? 0
}

function kindOf(name: string): Part['kind'] {
  if (name.includes('_call_arguments') || name.includes('_call_input')) return 'tool'
  return name.includes('reasoning') ? 'thinking' : 'text'
}

/** Whether an item of this type is a tool call that the client answers. */
function isCall(type: unknown): boolean {
  return type === 'function_call' || type === 'custom_tool_call'
}

/** The stop reason and the usage. */
function endOf({ status, output, usage, incomplete_details: details }: JsonObject) {
  const reason = asObject(details)?.['reason']
  const items = Array.isArray(output) ? output : []
  const hasCall = items.some((item) => isCall(asObject(item)?.['type']))
  const stop =
    status === 'completed' && hasCall
      ? completedWithCall
      : stopText(status === 'completed' ? status : (reason ?? status))
  return { stop, ...usageTokens(asObject(usage)) }
}

/** The stop reason of a completed response whose output has a function call. The protocol has no name for it. */
export const completedWithCall = 'completed with a function call'

/** Creates a writer for the events of one Responses stream. It numbers them from `first` without gaps. */
export function createResponsesWriter(first = 0): (type: string, members: object) => string {
  let sequence = first
  return (type, members) => frame(type, JSON.stringify({ type, sequence_number: sequence++, ...members }))
}
