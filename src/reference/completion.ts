import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { asObject, parseObject } from '../protocol/protocol.ts'
import type { Block } from './blocks.ts'
import { newChoiceState, readDelta } from './chat-delta.ts'
import { isWholeJson, readError, readFinishReason, readIdentity, readUsage } from './chat-fields.ts'
import { badGateway, type Failure, malformed } from './failure.ts'
import { type ContentEvent, type FinishReason, isCut, type Usage } from './upstream-event.ts'

/** A whole answer, not streamed: its pieces in order, why it ended and what it used. `json` is the upstream's own body. */
export interface Completion {
  readonly identity: ChatIdentity
  readonly pieces: readonly { readonly block: Block; readonly text: string }[]
  readonly finish: FinishReason
  readonly usage: Usage | undefined
  readonly json: string
}

/** Reads the body of a `chat.completion`, or says why it is no whole answer. */
export function readCompletion(json: string, fallback: ChatIdentity): Completion | Failure {
  const body = parseObject(json)
  if (!body) return malformed('a body that is no JSON object')
  const told = readError(body)
  if (told) return { reason: 'upstream_error', status: told.status ?? 502, message: told.message }
  const choices = body['choices']
  const choice = Array.isArray(choices) ? asObject(choices[0]) : undefined
  const message = asObject(choice?.['message'])
  if (!choice || !message) return malformed('a body without a message')
  if (choice['finish_reason'] == null)
    return badGateway('upstream_truncated', 'the upstream sent an answer without a finish_reason')
  const finish = readFinishReason(choice['finish_reason'])
  if (typeof finish !== 'string') return finish
  const state = newChoiceState()
  const events: ContentEvent[] = []
  const read = readDelta(message, state, events)
  if ('failure' in read) return read.failure
  // An answer that was cut for its length may have cut arguments, as when it is streamed.
  for (const tool of state.tools.values())
    if (!isCut(finish) && !isWholeJson(tool.arguments)) return malformed('tool arguments that are no JSON')
  return {
    identity: readIdentity(body, fallback),
    pieces: toPieces(events, state.tools),
    finish,
    usage: readUsage(body['usage']),
    json,
  }
}

function toPieces(
  events: readonly ContentEvent[],
  tools: ReadonlyMap<number, { arguments: string }>,
): Completion['pieces'] {
  const pieces: { block: Block; text: string }[] = []
  for (const event of events) {
    const index = pieces.length
    if (event.kind === 'text' || event.kind === 'thinking')
      pieces.push({ block: { kind: event.kind, index }, text: event.text })
    else if (event.kind === 'tool-start') {
      const { id, name, tool } = event
      pieces.push({ block: { kind: 'tool', index, id, name }, text: tools.get(tool)?.arguments ?? '' })
    }
  }
  return pieces
}
