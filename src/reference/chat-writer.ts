import { type ChatIdentity, chatUsageChunk, doneData, openaiError } from '../protocol/openai-chat-completions.ts'
import { frame } from '../protocol/protocol.ts'
import type { StreamWriter, Usage } from './upstream-event.ts'

/** Writes a chat completion stream: chunks are relayed, the usage chunk only if the client requested it. */
export function createChatWriter(includeUsage: boolean): StreamWriter {
  let identity: ChatIdentity | undefined
  let usage: Usage | undefined
  return (event) => {
    switch (event.kind) {
      case 'start':
        identity = event.identity
        return ''
      case 'chunk':
        return frame(undefined, event.json)
      case 'text':
      case 'thinking':
      case 'tool-start':
      case 'tool-arguments':
      case 'finish':
        return ''
      case 'usage':
        usage = event.usage
        return ''
      case 'end':
        return (
          (includeUsage && identity && usage ? chatUsageChunk(identity, usage.raw) : '') + frame(undefined, doneData)
        )
      case 'error':
        return frame(undefined, JSON.stringify(openaiError(event.failure.status, event.failure.message)))
      default:
        return event satisfies never
    }
  }
}
