import { z } from 'zod'

/** A text block of a Messages request. */
export const textSchema = z.looseObject({ type: z.literal('text'), text: z.string() })

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

/** A message of a Messages request. */
export const messageSchema = z.looseObject({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string(), z.array(block)]),
})

type Block = z.infer<typeof block>

/** Says one message of a Messages request as chat messages: a tool's result is a message of its own there. */
export function toChatMessages({ role, content }: z.infer<typeof messageSchema>): object[] {
  if (typeof content === 'string') return [{ role, content }]
  return role === 'assistant' ? [assistantMessage(content)] : userMessages(content)
}

function assistantMessage(blocks: readonly Block[]): object {
  const text = blocks.filter((block) => block.type === 'text').map((block) => block.text)
  const calls = blocks
    .filter((block) => block.type === 'tool_use')
    .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
  const content = text.length === 0 && calls.length > 0 ? null : text.join('')
  return { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) }
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

/** Text alone goes as a string, which every upstream takes. */
function plain(parts: readonly object[]): string | object[] {
  const texts = parts.map((part) => ('text' in part && typeof part.text === 'string' ? part.text : undefined))
  return texts.every((text) => text !== undefined) ? texts.join('\n') : [...parts]
}
