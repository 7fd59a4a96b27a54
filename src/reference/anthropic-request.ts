import { z } from 'zod'
import { toChatMessages } from './anthropic-content.ts'
import { type Asked, describeIssues, type Misread, routeModel, streamOptions } from './asked.ts'

const text = z.looseObject({ type: z.literal('text'), text: z.string() })
const image = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
    z.looseObject({ type: z.literal('url'), url: z.string() }),
  ]),
})
const block = z.discriminatedUnion('type', [
  text,
  image,
  z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.looseObject({}) }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image]))]).nullish(),
  }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking') }),
])
const message = z.looseObject({ role: z.enum(['user', 'assistant']), content: z.union([z.string(), z.array(block)]) })
const tool = z.looseObject({
  type: z.literal('custom').nullish(),
  name: z.string().min(1),
  description: z.string().nullish(),
  input_schema: z.looseObject({}),
})
const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['auto', 'any', 'none']), disable_parallel_tool_use: z.boolean().nullish() }),
  z.looseObject({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use: z.boolean().nullish() }),
])
const schema = z.looseObject({
  model: z.string().refine((model) => routeModel(model) !== '', 'names no model'),
  max_tokens: z.int().min(1),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(text)]).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
})

/** A content block of a Messages request that the gateway can carry. */
export type AnthropicBlock = z.infer<typeof block>
/** A message of a Messages request. */
export type AnthropicMessage = z.infer<typeof message>

/** Reads a Messages request and says it as a chat completion request. Thoughts of earlier turns have no place there. */
export function readAnthropicRequest(body: object): Asked | Misread {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return describeIssues(parsed.error)
  const asked = parsed.data
  const { system, tools, tool_choice: choice, temperature, top_p, stop_sequences: stop, metadata } = asked
  const model = routeModel(asked.model)
  const isStream = asked.stream === true
  const systemText = typeof system === 'string' ? system : (system ?? []).map((part) => part.text).join('\n')
  return {
    chat: {
      model,
      messages: [
        ...(systemText === '' ? [] : [{ role: 'system', content: systemText }]),
        ...asked.messages.flatMap(toChatMessages),
      ],
      max_tokens: asked.max_tokens,
      ...(temperature != null && { temperature }),
      ...(top_p != null && { top_p }),
      ...(stop?.length && { stop }),
      ...(tools?.length && { tools: tools.map(toChatTool) }),
      ...(choice && { tool_choice: toChatChoice(choice) }),
      ...(choice?.disable_parallel_tool_use != null && { parallel_tool_calls: !choice.disable_parallel_tool_use }),
      ...(metadata?.user_id != null && { user: metadata.user_id }),
      ...(isStream && streamOptions),
    },
    model,
    isStream,
    wantsUsage: true,
    choices: 1,
  }
}

function toChatTool({ name, description, input_schema: parameters }: z.infer<typeof tool>): object {
  return { type: 'function', function: { name, ...(description != null && { description }), parameters } }
}

function toChatChoice(choice: z.infer<typeof toolChoice>): string | object {
  switch (choice.type) {
    case 'auto':
    case 'none':
      return choice.type
    case 'any':
      return 'required'
    case 'tool':
      return { type: 'function', function: { name: choice.name } }
    default:
      return choice satisfies never
  }
}
