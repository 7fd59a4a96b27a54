import { z } from 'zod'
import { messageSchema, textSchema, toChatMessages } from './anthropic-content.ts'
import { describeIssues, type Experiment, type Misread, modelSchema, routeModel, streamOptions } from './asked.ts'

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
  model: modelSchema,
  max_tokens: z.int().min(1),
  messages: z.array(messageSchema).min(1),
  system: z.union([z.string(), z.array(textSchema)]).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
})

/** Reads a Messages request and says it as a chat completion request. Thoughts of earlier turns have no place there. */
export function readAnthropicRequest(body: object): Experiment | Misread {
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
