import { asObject, frame, hasText, type Meaning, type Protocol, parseObject } from './protocol.ts'

/** OpenAI chat completions, streamed (OpenAI API reference, "Create chat completion"). */
export const openaiChatCompletions: Protocol = {
  name: 'openai-chat-completions',
  path: '/v1/chat/completions',
  headers: {},
  request: ({ model, prompt, maxTokens }) => ({
    model,
    messages: [{ role: 'user', content: prompt }],
    max_tokens: maxTokens,
    stream: true,
    stream_options: { include_usage: true },
  }),
  meaning: chatMeaning,
  error: openaiError,
}

/** The data of the event that ends a chat completion stream. */
export const doneData = '[DONE]'

/** An error body as OpenAI's APIs send it. */
export function openaiError(status: number, message: string): object {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'rate_limit_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code: null } }
}

function chatMeaning(type: string, data: string): Meaning {
  if (data === doneData) return 'terminal'
  const chunk = parseObject(data)
  if (!chunk) return 'malformed'
  // vLLM tells an error as `{"object":"error",...}`.
  if (chunk['error'] != null || chunk['object'] === 'error' || type === 'error') return 'error'
  const choices = chunk['choices']
  if (!Array.isArray(choices)) return 'malformed'
  let content = false
  let finish = false
  for (const entry of choices) {
    const choice = asObject(entry)
    if (hasContent(asObject(choice?.['delta']) ?? {})) content = true
    if (choice?.['finish_reason'] != null) finish = true
  }
  if (content) return finish ? 'last-delta' : 'delta'
  return finish ? 'finish' : 'other'
}

function hasContent(delta: Readonly<Record<string, unknown>>): boolean {
  const calls = delta['tool_calls']
  return hasText(delta['content']) || hasText(delta['reasoning_content']) || (Array.isArray(calls) && calls.length > 0)
}

/** What all chunks of one chat completion share. `createdS` is in seconds since 1970. */
export interface ChatIdentity {
  readonly id: string
  readonly model: string
  readonly createdS: number
}

/** One `chat.completion.chunk` with one choice, as an SSE event. */
export function chatChunk(identity: ChatIdentity, delta: object, finishReason: string | null = null): string {
  return frame(undefined, JSON.stringify(chunkOf(identity, [{ index: 0, delta, finish_reason: finishReason }])))
}

/** The chunk that carries the usage alone, after the finish and before `[DONE]`. */
export function chatUsageChunk(identity: ChatIdentity, usage: object): string {
  return frame(undefined, JSON.stringify({ ...chunkOf(identity, []), usage }))
}

function chunkOf({ id, model, createdS }: ChatIdentity, choices: readonly object[]): object {
  return { id, object: 'chat.completion.chunk', created: createdS, model, choices }
}
