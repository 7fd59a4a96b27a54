import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { createResponsesWriter } from '../protocol/openai-responses.ts'
import { type Block, createBlockSequencer } from './blocks.ts'
import type { Failure } from './failure.ts'
import { contentPart, itemId, outputItem, responseEnd, responseObject } from './responses-object.ts'
import { type FinishReason, isCut, type StreamWriter, type Usage } from './upstream-event.ts'

/** Writes a Responses stream. `fallback` identifies the response if the upstream fails before it does. */
export function createResponsesStreamWriter(fallback: ChatIdentity): StreamWriter {
  const event = createResponsesWriter()
  const output: object[] = []
  let identity = fallback
  let started = false
  let out = ''
  let reason: FinishReason = 'stop'
  let usage: Usage | undefined
  let open: Block | undefined
  let text = ''

  const blocks = createBlockSequencer({
    open: (block) => {
      open = block
      text = ''
      const at = place(block)
      out += event('response.output_item.added', {
        output_index: block.index,
        item: outputItem(identity.id, block, 'in_progress'),
      })
      if (block.kind !== 'tool') out += event('response.content_part.added', { ...at, part: contentPart(block, '') })
    },
    piece: (block, delta) => {
      text += delta
      out += event(`${eventNames[block.kind]}.delta`, { ...place(block), delta })
    },
    close: (block) => {
      const at = place(block)
      const content = block.kind === 'tool' ? { arguments: text } : { text }
      out += event(`${eventNames[block.kind]}.done`, { ...at, ...content })
      if (block.kind !== 'tool') out += event('response.content_part.done', { ...at, part: contentPart(block, text) })
      const item = outputItem(identity.id, block, isCut(reason) ? 'incomplete' : 'completed', text)
      out += event('response.output_item.done', { output_index: block.index, item })
      output.push(item)
      open = undefined
    },
  })

  function place(block: Block): object {
    const at = { item_id: itemId(identity.id, block), output_index: block.index }
    return block.kind === 'tool' ? at : { ...at, content_index: 0 }
  }

  function start(): string {
    started = true
    const response = responseObject(identity, 'in_progress', [])
    return event('response.created', { response }) + event('response.in_progress', { response })
  }

  function fail({ status, message }: Failure): string {
    const head = started ? '' : start()
    // A started item stays open: only the response itself is marked as failed.
    const items = open ? [...output, outputItem(identity.id, open, 'incomplete', text)] : output
    const error = { code: status === 429 ? 'rate_limit_exceeded' : 'server_error', message }
    return head + event('response.failed', { response: responseObject(identity, 'failed', items, { error }) })
  }

  return (upstream) => {
    out = ''
    switch (upstream.kind) {
      case 'start':
        identity = upstream.identity
        return start()
      case 'chunk':
        return ''
      case 'text':
      case 'thinking':
      case 'tool-start':
      case 'tool-arguments':
        blocks.add(upstream)
        return out
      case 'finish':
        reason = upstream.reason
        blocks.finish()
        return out
      case 'usage':
        usage = upstream.usage
        return ''
      case 'end': {
        const { status, more } = responseEnd(reason, usage)
        return event(`response.${status}`, { response: responseObject(identity, status, output, more) })
      }
      case 'error':
        return fail(upstream.failure)
      default:
        return upstream satisfies never
    }
  }
}

const eventNames: Readonly<Record<Block['kind'], string>> = {
  text: 'response.output_text',
  thinking: 'response.reasoning_text',
  tool: 'response.function_call_arguments',
}
