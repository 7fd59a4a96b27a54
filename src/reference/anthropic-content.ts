import type { AnthropicBlock, AnthropicMessage } from './anthropic-request.ts'

/** Says one message of a Messages request as chat messages: a tool's result is a message of its own there. */
export function toChatMessages({ role, content }: AnthropicMessage): object[] {
  if (typeof content === 'string') return [{ role, content }]
  return role === 'assistant' ? [assistantMessage(content)] : userMessages(content)
}

function assistantMessage(blocks: readonly AnthropicBlock[]): object {
  const text = blocks.filter((block) => block.type === 'text').map((block) => block.text)
  const calls = blocks
    .filter((block) => block.type === 'tool_use')
    .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
  const content = text.length === 0 && calls.length > 0 ? null : text.join('')
  return { role: 'assistant', content, ...(calls.length > 0 && { tool_calls: calls }) }
}

function userMessages(blocks: readonly AnthropicBlock[]): object[] {
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

function resultContent(content: Extract<AnthropicBlock, { type: 'tool_result' }>['content']): string | object[] {
  return typeof content === 'string' ? content : plain((content ?? []).map(toPart).filter((part) => part !== undefined))
}

function toPart(block: AnthropicBlock): object | undefined {
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
