import { asObject, isTooDeep, type JsonObject, parseObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import type { ChoiceState } from './chat-delta.ts'
import { badGateway, type Failure, malformed, maxDepth } from './failure.ts'
import { type FinishReason, isCut, type Usage } from './upstream-event.ts'

/** The finish reasons of chat completions and of Anthropic, which some providers send, and two of open models. */
const finishReasons: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
  ['eos', 'stop'],
  ['eos_token', 'stop'],
])

/** Whether a choice is unfinished: its `finish_reason` is absent, null, or `""`, which some providers send in each chunk. */
export function isUnfinished(reason: unknown): boolean {
  return reason == null || reason === ''
}

/** Reads a `finish_reason`; a failure if it reports an error or is unknown. */
export function readFinishReason(value: unknown): FinishReason | Failure {
  if (value === 'error' || value === 'abort')
    return badGateway('upstream_error', `the upstream finished with "${value}"`)
  return finishReasons.get(value) ?? malformed(`an unknown finish_reason, ${shown(value)}`)
}

/** Why a choice that finished is not what its finish_reason promises; undefined if it is. */
export function brokenPromise({ tools }: ChoiceState, reason: FinishReason): Failure | undefined {
  if (reason === 'tool_calls' && tools.size === 0) return malformed('the finish_reason tool_calls without a tool call')
  // A truncated answer may have truncated arguments.
  if (isCut(reason)) return undefined
  for (const tool of tools.values())
    if (!argumentsObject(tool.arguments))
      return malformed(`tool arguments that are not a JSON object of at most ${maxDepth} levels`)
  return undefined
}

/** Whether an answer without any content is broken: it stopped normally, and its usage counts more than the end of an answer. */
export function lacksContent(reason: FinishReason | undefined, usage: Usage | undefined): boolean {
  const hidden = count(asObject(usage?.raw['completion_tokens_details'])?.['reasoning_tokens'])
  return reason === 'stop' && usage !== undefined && usage.outputTokens - hidden > 1
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

/** Tool arguments as an object, `{}` if there are none; undefined if they are anything else or are nested too deeply to be serialized. */
export function argumentsObject(text: string): JsonObject | undefined {
  if (text === '') return {}
  return text.length > 2 * maxDepth && isTooDeep(Buffer.from(text), maxDepth) ? undefined : parseObject(text)
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
  const message = typeof text === 'string' ? text.slice(0, 1_000) : shown(error)
  const code = fields?.['code'] ?? fields?.['status']
  const status = typeof code === 'number' || typeof code === 'string' ? Number(code) : undefined
  return Number.isInteger(status) && status !== undefined && status >= 400 && status <= 599
    ? { message, status }
    : { message }
}
