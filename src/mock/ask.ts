import { z } from 'zod'
import type { ProtocolName } from '../model/protocol-name.ts'
import { type PlanKey, parsePlanMarker } from '../plan/key.ts'

/** What a request to the mock asks for, whatever its protocol. */
export interface MockAsk {
  readonly model: string
  readonly stream: boolean
  /** Whether a chat completion's stream has to say its usage. */
  readonly includeUsage: boolean
  /** Words of all that the request says. */
  readonly promptTokens: number
  /** The plan that the last user message carries, if it does. */
  readonly key: PlanKey | undefined
}

const part = z.looseObject({ text: z.string().optional() })
const content = z.union([z.string(), z.array(part)], { error: 'expected a string or a list of parts' }).nullish()
const message = z.looseObject({ role: z.string(), content })
/** Of a Responses list, tool calls and their results have no role. */
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

/** Reads a request's body; a string says what is wrong with it. */
export function parseAsk(protocol: ProtocolName, body: unknown): MockAsk | string {
  switch (protocol) {
    case 'openai-chat-completions': {
      const { data, error } = chat.safeParse(body)
      return error ? describe(error) : askOf(data, data.messages, data.stream_options?.include_usage === true)
    }
    case 'anthropic-messages': {
      const { data, error } = anthropic.safeParse(body)
      return error ? describe(error) : askOf(data, data.messages, false)
    }
    case 'openai-responses': {
      const { data, error } = responses.safeParse(body)
      if (error) return describe(error)
      const items = typeof data.input === 'string' ? [{ role: 'user', content: data.input }] : data.input
      return askOf(data, items, false)
    }
  }
}

function askOf(
  { model, stream }: z.infer<typeof base>,
  said: readonly z.infer<typeof item>[],
  includeUsage: boolean,
): MockAsk {
  const prompt = said.findLast(({ role }) => role === 'user')
  return {
    model,
    stream: stream === true,
    includeUsage,
    promptTokens: said.reduce((sum, each) => sum + countWords(textOf(each)), 0),
    key: prompt && parsePlanMarker(textOf(prompt)),
  }
}

function textOf({ content }: z.infer<typeof item>): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('')
}

/** Runs of anything but ASCII blanks; no list of them is made, as prompts can be large. */
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
  if (!issue) return 'the body is not understood'
  return issue.path.length === 0 ? `body: ${issue.message}` : `${issue.path.join('.')}: ${issue.message}`
}
