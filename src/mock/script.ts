import { anthropicEvent, messageDelta, messageStart } from '../protocol/anthropic-messages.ts'
import { chatChunk, chatUsageChunk, doneData } from '../protocol/openai-chat-completions.ts'
import { createResponsesWriter } from '../protocol/openai-responses.ts'
import { frame, type ProtocolName } from '../protocol/protocol.ts'

/** What a stream's events are written from. */
export interface ScriptHead {
  readonly id: string
  readonly model: string
  readonly createdS: number
  readonly promptTokens: number
  readonly chunks: number
  readonly includeUsage: boolean
}

/** The events of one stream as SSE text: what comes before the deltas, each delta, and what comes after them. */
export interface Script {
  readonly opening: readonly string[]
  readonly delta: (text: string) => string
  readonly closing: (wholeText: string) => readonly string[]
}

/** How each protocol tells a stream. */
export const scripts: Readonly<Record<ProtocolName, (head: ScriptHead) => Script>> = {
  'openai-chat-completions': chatScript,
  'anthropic-messages': anthropicScript,
  'openai-responses': responsesScript,
}

function chatScript(head: ScriptHead): Script {
  const usage = {
    prompt_tokens: head.promptTokens,
    completion_tokens: head.chunks,
    total_tokens: head.promptTokens + head.chunks,
  }
  return {
    opening: [chatChunk(head, { role: 'assistant', content: '' })],
    delta: aroundText((text) => chatChunk(head, { content: text })),
    closing: () => [
      chatChunk(head, {}, 'stop'),
      ...(head.includeUsage ? [chatUsageChunk(head, usage)] : []),
      frame(undefined, doneData),
    ],
  }
}

function anthropicScript({ id, model, promptTokens, chunks }: ScriptHead): Script {
  return {
    opening: [
      messageStart(id, model, promptTokens),
      anthropicEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    delta: aroundText((text) =>
      anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ),
    closing: () => [
      anthropicEvent('content_block_stop', { index: 0 }),
      messageDelta('end_turn', { output_tokens: chunks }),
      anthropicEvent('message_stop', {}),
    ],
  }
}

function responsesScript({ id, model, createdS, promptTokens, chunks }: ScriptHead): Script {
  const write = createResponsesWriter()
  const response = {
    id,
    object: 'response',
    created_at: createdS,
    model,
    status: 'in_progress',
    output: [] as object[],
  }
  const item = { id: `msg_${id}`, type: 'message', role: 'assistant', status: 'in_progress', content: [] as object[] }
  const place = { item_id: item.id, output_index: 0, content_index: 0 }
  const part = { type: 'output_text', text: '', annotations: [] }
  return {
    opening: [
      write('response.created', { response }),
      write('response.in_progress', { response }),
      write('response.output_item.added', { output_index: 0, item }),
      write('response.content_part.added', { ...place, part }),
    ],
    delta: (delta) => write('response.output_text.delta', { ...place, delta }),
    closing: (text) => {
      const done = { ...item, status: 'completed', content: [{ ...part, text }] }
      const usage = { input_tokens: promptTokens, output_tokens: chunks, total_tokens: promptTokens + chunks }
      return [
        write('response.output_text.done', { ...place, text }),
        write('response.content_part.done', { ...place, part: { ...part, text } }),
        write('response.output_item.done', { output_index: 0, item: done }),
        write('response.completed', { response: { ...response, status: 'completed', output: [done], usage } }),
      ]
    },
  }
}

const mark = '\u0001'
const writtenMark = JSON.stringify(mark).slice(1, -1)

/** An event's writer that encodes all but the text once: the rest is the same in each delta. */
function aroundText(event: (text: string) => string): (text: string) => string {
  const [before, after] = event(mark).split(writtenMark)
  return (text) => before + JSON.stringify(text).slice(1, -1) + after
}
