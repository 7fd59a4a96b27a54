import { z } from 'zod'
import {
  type ClientRequest,
  describeIssues,
  type InvalidRequest,
  modelSchema,
  routeModel,
  streamOptions,
} from './client-request.ts'

const textSchema = z.looseObject({ type: z.literal('text'), text: z.string() })

const image = z.looseObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
    z.looseObject({ type: z.literal('url'), url: z.string() }),
  ]),
})
const block = z.discriminatedUnion('type', [
  textSchema,
  image,
  z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.looseObject({}) }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textSchema, image]))]).nullish(),
  }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking') }),
])

const messageSchema = z.looseObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string(), z.array(block)]),
})

type Block = z.infer<typeof block>

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

/** Converts a Messages request to a chat completion request. Thinking of earlier turns is dropped. */
export function readAnthropicRequest(body: object): ClientRequest | InvalidRequest {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return describeIssues(parsed.error)
  const request = parsed.data
  const { system, tools, tool_choice: choice, temperature, top_p, stop_sequences: stop, metadata } = request
  const model = routeModel(request.model)
  const isStream = request.stream === true
  const systemText = typeof system === 'string' ? system : (system ?? []).map((part) => part.text).join('\n')
  return {
    chat: {
      model,
      messages: [
        ...(systemText === '' ? [] : [{ role: 'system', content: systemText }]),
        ...request.messages.flatMap(toChatMessages),
      ],
      max_tokens: request.max_tokens,
      temperature: temperature ?? undefined,
      top_p: top_p ?? undefined,
      stop: stop?.length ? stop : undefined,
      tools: tools?.length ? tools.map(toChatTool) : undefined,
      tool_choice: choice ? toChatChoice(choice) : undefined,
      parallel_tool_calls: choice?.disable_parallel_tool_use == null ? undefined : !choice.disable_parallel_tool_use,
      user: metadata?.user_id ?? undefined,
      ...(isStream && streamOptions),
    },
    model,
    isStream,
    includeUsage: true,
    choices: 1,
  }
}

function toChatTool({ name, description, input_schema: parameters }: z.infer<typeof tool>): object {
  return { type: 'function', function: { name, description: description ?? undefined, parameters } }
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

/** Converts one message to chat messages; a tool result becomes a separate message. */
function toChatMessages({ role, content }: z.infer<typeof messageSchema>): object[] {
  if (typeof content === 'string') return [{ role, content }]
  return role === 'assistant' ? [assistantMessage(content)] : userMessages(content)
}

function assistantMessage(blocks: readonly Block[]): object {
  const text = blocks.filter((block) => block.type === 'text').map((block) => block.text)
  const calls = blocks
    .filter((block) => block.type === 'tool_use')
    .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
  const content = text.length === 0 && calls.length > 0 ? null : text.join('')
  return { role: 'assistant', content, tool_calls: calls.length > 0 ? calls : undefined }
}

function userMessages(blocks: readonly Block[]): object[] {
  const messages: object[] = []
  let parts: object[] = []
  const flush = () => {
    if (parts.length > 0) messages.push({ role: 'user', content: plain(parts) })
    parts = []
  }
  for (const block of blocks) {
    if (block.type === 'tool_result') {
      flush()
      messages.push({ role: 'tool', tool_call_id: block.tool_use_id, content: resultContent(block.content) })
    } else {
      const part = toPart(block)
      if (part) parts.push(part)
    }
  }
  flush()
  return messages
}

function resultContent(content: Extract<Block, { type: 'tool_result' }>['content']): string | object[] {
  return typeof content === 'string' ? content : plain((content ?? []).map(toPart).filter((part) => part !== undefined))
}

function toPart(block: Block): object | undefined {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type !== 'image') return undefined
  const { source } = block
  const url = source.type === 'url' ? source.url : `data:${source.media_type};base64,${source.data}`
  return { type: 'image_url', image_url: { url } }
}

/** Text without images becomes a string, which every upstream accepts. */
function plain(parts: readonly object[]): string | object[] {
  const texts = parts.map((part) => ('text' in part && typeof part.text === 'string' ? part.text : undefined))
  return texts.every((text) => text !== undefined) ? texts.join('\n') : [...parts]
}
