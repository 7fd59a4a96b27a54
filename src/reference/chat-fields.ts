import { asObject, type JsonObject } from '../base/json.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { badGateway, type Failure, malformed } from './failure.ts'
import type { FinishReason, Usage } from './upstream-event.ts'

const finishReasons: Readonly<Record<string, FinishReason>> = {
  length: 'length',
  max_tokens: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
}

/** Reads a `finish_reason`; a failure if it is not a string or reports an error. */
export function readFinishReason(value: unknown): FinishReason | Failure {
  if (typeof value !== 'string') return malformed('a finish_reason that is not a string')
  if (value === 'error' || value === 'abort')
    return badGateway('upstream_error', `the upstream finished with "${value}"`)
  return Object.hasOwn(finishReasons, value) ? (finishReasons[value] as FinishReason) : 'stop'
}

/** Reads the identity of an answer; `fallback` provides missing members. */
export function readIdentity(body: JsonObject, fallback: ChatIdentity): ChatIdentity {
  const { id, model, created } = body as { id?: unknown; model?: unknown; created?: unknown }
  return {
    id: typeof id === 'string' && id !== '' ? id : fallback.id,
    model: typeof model === 'string' && model !== '' ? model : fallback.model,
    createdS: typeof created === 'number' && Number.isSafeInteger(created) ? created : fallback.createdS,
  }
}

/** Reads the `usage` of a chat completion; undefined if there is none. */
export function readUsage(value: unknown): Usage | undefined {
  const raw = asObject(value)
  return raw && { inputTokens: count(raw['prompt_tokens']), outputTokens: count(raw['completion_tokens']), raw }
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0
}

/** Whether tool arguments are valid JSON; an empty text means `{}`. */
export function isCompleteJson(text: string): boolean {
  if (text === '') return true
  try {
    JSON.parse(text)
    return true
  } catch (cause) {
    if (cause instanceof SyntaxError) return false
    throw cause
  }
}

/**
 * Reads an error in a body or an event: `{"error":{..}}`, vLLM's `{"object":"error"}`, FastAPI's `{"detail":..}`.
 * Undefined if the object is none of these.
 */
export function readError(body: JsonObject): { message: string; status?: number } | undefined {
  const error = body['error'] ?? (body['object'] === 'error' ? body : body['detail'])
  if (error === undefined || error === null) return undefined
  const fields = asObject(error)
  const text = fields ? (fields['message'] ?? fields['type']) : error
  const message = (typeof text === 'string' ? text : JSON.stringify(error)).slice(0, 1_000)
  const code = Number(fields?.['code'] ?? fields?.['status'])
  return Number.isInteger(code) && code >= 400 && code <= 599 ? { message, status: code } : { message }
}
