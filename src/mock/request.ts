import { z } from 'zod'
import type { ProtocolName } from '../model/protocol-name.ts'
import { type PlanKey, parsePlanMarker } from '../plan/key.ts'

/** A completion request to the mock, in any protocol. */
interface CompletionRequest {
  readonly model: string
  readonly stream: boolean
  /** Whether a chat completion's stream must contain its usage. */
  readonly includeUsage: boolean
  /** Number of words in all messages. */
  readonly promptTokens: number
  /** The plan in the last user message, if there is one. */
  readonly key: PlanKey | undefined
}

const part = z.looseObject({ text: z.string().optional() })
const content = z.union([z.string(), z.array(part)], { error: 'expected a string or a list of parts' }).nullish()
const message = z.looseObject({ role: z.string(), content })
/** In a Responses list, tool calls and their results have no role. */
const item = z.looseObject({ role: z.string().optional(), content })
const messages = z.array(message).min(1)
const base = z.object({ model: z.string(), stream: z.boolean().nullish() })

const chat = base.extend({
  messages,
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
})
const anthropic = base.extend({ messages, max_tokens: z.number() })
const responses = base.extend({
  input: z.union([z.string(), z.array(item).min(1)], { error: 'expected a string or a list of items' }),
})

/** Parses a request's body; returns a string if it is invalid. */
export function parseRequest(protocol: ProtocolName, body: unknown): CompletionRequest | string {
  switch (protocol) {
    case 'openai-chat-completions': {
      const { data, error } = chat.safeParse(body)
      return error ? describe(error) : requestFrom(data, data.messages, data.stream_options?.include_usage === true)
    }
    case 'anthropic-messages': {
      const { data, error } = anthropic.safeParse(body)
      return error ? describe(error) : requestFrom(data, data.messages, false)
    }
    case 'openai-responses': {
      const { data, error } = responses.safeParse(body)
      if (error) return describe(error)
      const items = typeof data.input === 'string' ? [{ role: 'user', content: data.input }] : data.input
      return requestFrom(data, items, false)
    }
  }
}

function requestFrom(
  { model, stream }: z.infer<typeof base>,
  messages: readonly z.infer<typeof item>[],
  includeUsage: boolean,
): CompletionRequest {
  const prompt = messages.findLast(({ role }) => role === 'user')
  return {
    model,
    stream: stream === true,
    includeUsage,
    promptTokens: messages.reduce((sum, message) => sum + countWords(textOf(message)), 0),
    key: prompt && parsePlanMarker(textOf(prompt)),
  }
}

function textOf({ content }: z.infer<typeof item>): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('')
}

/** Counts words separated by ASCII whitespace. Does not build a list of them, because prompts can be large. */
function countWords(text: string): number {
  let words = 0
  let isInWord = false
  for (let i = 0; i < text.length; i++) {
    const isBlank = text.charCodeAt(i) <= 32
    if (!isBlank && !isInWord) words++
    isInWord = !isBlank
  }
  return words
}

function describe({ issues }: z.ZodError): string {
  const [issue] = issues
  if (!issue) return 'the body is invalid'
  return issue.path.length === 0 ? `body: ${issue.message}` : `${issue.path.join('.')}: ${issue.message}`
}
