import { z } from 'zod'
import { type PlanKey, parsePlanMarker } from '../plan.ts'
import type { ProtocolName } from '../protocol/protocol.ts'

/** What a request to the mock asks for, whatever its protocol. */
export interface MockAsk {
  readonly model: string
  readonly stream: boolean
  /** Whether a chat completion's stream has to say its usage. */
  readonly includeUsage: boolean
  readonly promptTokens: number
  /** The plan that the prompt carries, if it does. */
  readonly key: PlanKey | undefined
}

const part = z.looseObject({ text: z.string().optional() })
const content = z.union([z.string(), z.array(part)]).nullish()
const message = z.looseObject({ role: z.string().optional(), content })
const head = { model: z.string(), stream: z.boolean().nullish() }

const schemas = {
  'openai-chat-completions': z.looseObject({
    ...head,
    messages: z.array(message).min(1),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  }),
  'anthropic-messages': z.looseObject({ ...head, messages: z.array(message).min(1), max_tokens: z.number() }),
  'openai-responses': z.looseObject({ ...head, input: z.union([z.string(), z.array(message).min(1)]) }),
} as const

/** Reads a request's body; a string says what is wrong with it. */
export function parseAsk(protocol: ProtocolName, body: unknown): MockAsk | string {
  const parsed = schemas[protocol].safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return issue === undefined
      ? 'the body is not understood'
      : [issue.path.join('.'), issue.message].filter(Boolean).join(': ')
  }
  const { model, stream } = parsed.data
  const prompts = promptsOf(protocol, parsed.data)
  const options =
    'stream_options' in parsed.data ? (parsed.data.stream_options as { include_usage?: boolean } | null) : null
  return {
    model,
    stream: stream === true,
    includeUsage: options?.include_usage === true,
    promptTokens: prompts.reduce((sum, prompt) => sum + prompt.split(/\s+/).filter(Boolean).length, 0),
    key: parsePlanMarker(prompts.at(-1) ?? ''),
  }
}

type Message = z.infer<typeof message>

function promptsOf(protocol: ProtocolName, body: { input?: unknown; messages?: unknown }): readonly string[] {
  const messages = (protocol === 'openai-responses' ? body.input : body.messages) as string | readonly Message[]
  if (typeof messages === 'string') return [messages]
  return messages.filter(({ role }) => role === undefined || role === 'user').map(textOf)
}

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}
