import { z } from 'zod'
import {
  type ClientRequest,
  describeIssues,
  type InvalidRequest,
  modelSchema,
  routeModel,
  streamOptions,
} from './client-request.ts'

const textPart = z.looseObject({ type: z.enum(['input_text', 'output_text', 'text']), text: z.string() })
const imagePart = z.looseObject({ type: z.literal('input_image'), image_url: z.string() })
const message = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart]))]),
})
const call = z.looseObject({
  type: z.literal('function_call'),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
})
const result = z.looseObject({ type: z.literal('function_call_output'), call_id: z.string(), output: z.string() })
const reasoning = z.looseObject({ type: z.literal('reasoning') })
const item = z.union([call, result, reasoning, message])
const grammar = z.looseObject({ type: z.literal('grammar'), syntax: z.string(), definition: z.string() })
/** A tool whose input is text, not JSON, such as the patches of Codex. */
const customTool = z.looseObject({
  type: z.literal('custom'),
  name: z.string().min(1),
  description: z.string().nullish(),
  format: z.discriminatedUnion('type', [z.looseObject({ type: z.literal('text') }), grammar]).nullish(),
})
const functionTool = z.looseObject({
  type: z.literal('function'),
  name: z.string().min(1),
  description: z.string().nullish(),
  parameters: z.looseObject({}).nullish(),
  strict: z.boolean().nullish(),
})
const tool = z.discriminatedUnion('type', [functionTool, customTool])
const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.looseObject({ type: z.literal('function'), name: z.string() }),
])
const schema = z.looseObject({
  model: modelSchema,
  input: z.union([z.string(), z.array(item).min(1)]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  temperature: z.number().nullish(),
  top_p: z.number().nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.null('is not supported: this gateway does not store responses').optional(),
})

/** Converts a Responses request to a chat completion request. */
export function readResponsesRequest(body: object): ClientRequest | InvalidRequest {
  const parsed = schema.safeParse(body)
  if (!parsed.success) return describeIssues(parsed.error)
  const request = parsed.data
  const { instructions, input, tools, tool_choice: choice, temperature, top_p, parallel_tool_calls } = request
  const model = routeModel(request.model)
  const isStream = request.stream === true
  return {
    chat: {
      model,
      messages: [
        ...(instructions ? [{ role: 'system', content: instructions }] : []),
        ...(typeof input === 'string' ? [{ role: 'user', content: input }] : toChatMessages(input)),
      ],
      max_tokens: request.max_output_tokens ?? undefined,
      temperature: temperature ?? undefined,
      top_p: top_p ?? undefined,
      parallel_tool_calls: parallel_tool_calls ?? undefined,
      tools: tools?.length ? tools.map(toChatTool) : undefined,
      tool_choice: choice && typeof choice === 'object' ? toChatChoice(choice.name) : (choice ?? undefined),
      ...(isStream && streamOptions),
    },
    model,
    isStream,
    includeUsage: true,
    choices: 1,
  }
}

/** Consecutive calls are separate items; in chat completions they belong to one assistant message. */
function toChatMessages(items: readonly z.infer<typeof item>[]): object[] {
  const messages: object[] = []
  let calls: object[] | undefined
  for (const entry of items) {
    if ('call_id' in entry && entry.type === 'function_call') {
      const { call_id: id, name, arguments: json } = entry as z.infer<typeof call>
      if (!calls) {
        calls = []
        messages.push({ role: 'assistant', content: null, tool_calls: calls })
      }
      calls.push({ id, type: 'function', function: { name, arguments: json } })
      continue
    }
    calls = undefined
    if (entry.type === 'function_call_output') {
      const { call_id, output } = entry as z.infer<typeof result>
      messages.push({ role: 'tool', tool_call_id: call_id, content: output })
    } else if (entry.type !== 'reasoning') messages.push(toChatMessage(entry as z.infer<typeof message>))
  }
  return messages
}

function toChatMessage({ role, content }: z.infer<typeof message>): object {
  const chatRole = role === 'developer' ? 'system' : role
  if (typeof content === 'string') return { role: chatRole, content }
  if (content.every((part) => part.type !== 'input_image'))
    return { role: chatRole, content: content.map((part) => ('text' in part ? part.text : '')).join('\n') }
  return { role: chatRole, content: content.map(toPart) }
}

function toPart(part: z.infer<typeof textPart> | z.infer<typeof imagePart>): object {
  return part.type === 'input_image'
    ? { type: 'image_url', image_url: { url: part.image_url } }
    : { type: 'text', text: part.text }
}

function toChatTool(requested: z.infer<typeof tool>): object {
  return requested.type === 'custom' ? toCustomTool(requested) : toFunctionTool(requested)
}

/** The formats differ in one level: chat completions wrap the grammar in a separate member. */
function toCustomTool({ name, description, format }: z.infer<typeof customTool>): object {
  const wrapped =
    format?.type === 'grammar'
      ? { type: 'grammar', grammar: { syntax: format.syntax, definition: format.definition } }
      : (format ?? undefined)
  return { type: 'custom', custom: { name, description: description ?? undefined, format: wrapped } }
}

function toFunctionTool({ name, description, parameters, strict }: z.infer<typeof functionTool>): object {
  const definition = {
    name,
    description: description ?? undefined,
    parameters: parameters ?? undefined,
    strict: strict ?? undefined,
  }
  return { type: 'function', function: definition }
}

function toChatChoice(name: string): object {
  return { type: 'function', function: { name } }
}
