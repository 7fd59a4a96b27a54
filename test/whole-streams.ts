import { anthropicEvent, messageDelta, messageStart } from '../src/protocol/anthropic-messages.ts'
import { chatChunk, doneData } from '../src/protocol/openai-chat-completions.ts'
import { createResponsesWriter } from '../src/protocol/openai-responses.ts'
import { frame, type ProtocolName } from '../src/protocol/protocol.ts'

/** A stream's SSE events by what they are for: whole where all of them are sent in this order. */
export interface WholeStream {
  readonly opening: readonly string[]
  readonly deltas: readonly string[]
  /** Says why generation ended. */
  readonly finish: readonly string[]
  /** The protocol's last event. */
  readonly terminal: string
}

/** A well-formed stream of a protocol, one delta for each text. */
export const wholeStream: Readonly<Record<ProtocolName, (texts: readonly string[]) => WholeStream>> = {
  'anthropic-messages': (texts) => ({
    opening: [
      messageStart('msg_1', 'mock-model', 3),
      anthropicEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ],
    deltas: texts.map((text) =>
      anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
    ),
    finish: [
      anthropicEvent('content_block_stop', { index: 0 }),
      messageDelta('end_turn', { output_tokens: texts.length }),
    ],
    terminal: anthropicEvent('message_stop', {}),
  }),
  'openai-chat-completions': (texts) => {
    const identity = { id: 'chatcmpl-1', model: 'mock-model', createdS: 1 }
    return {
      opening: [chatChunk(identity, { role: 'assistant', content: '' })],
      deltas: texts.map((content) => chatChunk(identity, { content })),
      finish: [chatChunk(identity, {}, 'stop')],
      terminal: frame(undefined, doneData),
    }
  },
  'openai-responses': (texts) => {
    const write = createResponsesWriter()
    const response = { id: 'resp_1', object: 'response', status: 'in_progress', output: [] }
    return {
      opening: [write('response.created', { response })],
      deltas: texts.map((delta) => write('response.output_text.delta', { output_index: 0, content_index: 0, delta })),
      finish: [write('response.output_text.done', { output_index: 0, content_index: 0, text: texts.join('') })],
      terminal: write('response.completed', { response: { ...response, status: 'completed' } }),
    }
  },
}

/** All events of a stream in order. */
export function eventsOf({ opening, deltas, finish, terminal }: WholeStream): readonly string[] {
  return [...opening, ...deltas, ...finish, terminal]
}
