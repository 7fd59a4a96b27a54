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
} from './protocol.ts'

/** OpenAI chat completions, streamed (OpenAI API reference, "Create chat completion"). */
export const openaiChatCompletions: Protocol = {
  name: 'openai-chat-completions',
  path: '/v1/chat/completions',
  keyHeader: (key) => ['Authorization', `Bearer ${key}`],
  tool: (tool) => ({ type: 'function', function: { ...tool, parameters: toolParameters } }),
  read: readChat,
  error: openaiError,
}

/** The data of the event that ends a chat completion stream. */
export const doneData = '[DONE]'

/** An error body of the OpenAI APIs. */
export function openaiError(status: number, message: string): object {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code: null } }
}

/** Whether an event is an error, and whether it has the format of this protocol. */
export function chatError(type: string, { error, object, choices, detail }: JsonObject) {
  if (asObject(error)) return 'error'
  // The error formats of vLLM, `{"object":"error",...}`, and of FastAPI, `{"detail":...}`.
  if (error != null || object === 'error' || type === 'error') return 'odd-error'
  return detail !== undefined && !Array.isArray(choices) ? 'odd-error' : undefined
}

function readChat(type: string, data: string): Reading {
  if (data === doneData) return meaningOnly('terminal')
  const chunk = parseObject(data)
  if (!chunk) return notAnEvent(data)
  const error = chatError(type, chunk)
  if (error) return meaningOnly(error)
  const choices = chunk['choices']
  if (!Array.isArray(choices)) return notAnEvent(data)
  const parts: Part[] = []
  let stop: string | undefined
  for (const entry of choices) {
    const { delta, finish_reason: reason } = asObject(entry) ?? {}
    addParts(parts, asObject(delta) ?? {})
    // Some providers send an empty finish reason with each chunk.
    if (reason != null && reason !== '') stop = stopText(reason)
  }
  const content = parts.some(({ text }) => text !== '')
  const usage = asObject(chunk['usage'])
  return {
    meaning: content ? (stop === undefined ? 'delta' : 'last-delta') : stop === undefined ? 'other' : 'finish',
    parts,
    stop,
    model: asText(chunk['model']),
    inputTokens: asNumber(usage?.['prompt_tokens']),
    outputTokens: asNumber(usage?.['completion_tokens']),
  }
}

function addParts(parts: Part[], { content, reasoning_content: thinking, tool_calls: calls }: JsonObject): void {
  if (typeof thinking === 'string') parts.push({ kind: 'thinking', index: 0, text: thinking })
  if (typeof content === 'string') parts.push({ kind: 'text', index: 0, text: content })
  for (const entry of Array.isArray(calls) ? calls : []) {
    const call = asObject(entry)
    // A custom tool has an input instead of arguments.
    const { name, arguments: json, input } = asObject(call?.['custom']) ?? asObject(call?.['function']) ?? {}
    const text = asText(json) ?? asText(input) ?? ''
    parts.push({ kind: 'tool', index: asNumber(call?.['index']) ?? 0, text, name: asText(name) })
  }
}

/** The members that all chunks of one chat completion share. `createdS` is in seconds since 1970. */
export interface ChatIdentity {
  readonly id: string
  readonly model: string
  readonly createdS: number
}

/** One `chat.completion.chunk` with one choice, as an SSE event. */
export function chatChunk(identity: ChatIdentity, delta: object, finishReason: string | null = null): string {
  return frame(undefined, JSON.stringify(chunkOf(identity, [{ index: 0, delta, finish_reason: finishReason }])))
}

/** The chunk with the usage and without choices, after the finish chunk and before `[DONE]`. */
export function chatUsageChunk(identity: ChatIdentity, usage: object): string {
  return frame(undefined, JSON.stringify({ ...chunkOf(identity, []), usage }))
}

function chunkOf({ id, model, createdS }: ChatIdentity, choices: readonly object[]): object {
  return { id, object: 'chat.completion.chunk', created: createdS, model, choices }
}
