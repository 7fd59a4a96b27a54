import { asObject, type JsonObject, parseObject } from '../base/json.ts'
import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import type { Block } from './blocks.ts'
import { newChoiceState, readFields } from './chat-delta.ts'
import {
  brokenPromise,
  isUnfinished,
  lacksContent,
  readError,
  readFinishReason,
  readIdentity,
  readUsage,
} from './chat-fields.ts'
import { badGateway, type Failure, malformed } from './failure.ts'
import type { ContentEvent, FinishReason, Usage } from './upstream-event.ts'

/** A non-streaming answer: its blocks, finish reason and usage. `json` is the upstream's body. */
export interface Completion {
  readonly identity: ChatIdentity
  readonly pieces: readonly { readonly block: Block; readonly text: string }[]
  readonly finish: FinishReason
  readonly usage: Usage | undefined
  readonly json: string
}

/** Reads the body of a `chat.completion`, or returns a failure if it is not a complete answer. */
export function readCompletion(json: string, fallback: ChatIdentity): Completion | Failure {
  const body = parseObject(json)
  if (!body) return malformed('a body that is not a JSON object')
  const error = readError(body)
  if (error) return { reason: 'upstream_error', status: error.status ?? 502, message: error.message }
  const choices = body['choices']
  const choice = Array.isArray(choices) ? asObject(choices[0]) : undefined
  const message = asObject(choice?.['message'])
  if (!choice || !message) return malformed('a body without a message')
  if (isUnfinished(choice['finish_reason']))
    return badGateway('upstream_truncated', 'the upstream sent an answer without a finish_reason')
  const finish = readFinishReason(choice['finish_reason'])
  if (typeof finish !== 'string') return finish
  const state = newChoiceState()
  const events: ContentEvent[] = []
  const read = readFields(withIndices(message), state, events)
  if ('failure' in read) return read.failure
  const failure = brokenPromise(state, finish)
  if (failure) return failure
  const usage = readUsage(body['usage'])
  if (!state.hasContent && lacksContent(finish, usage))
    return badGateway('upstream_truncated', 'the upstream sent usage for an answer but no content')
  return {
    identity: readIdentity(body, fallback),
    pieces: toPieces(events, state.tools),
    finish,
    usage,
    json,
  }
}

/** The message with an index for each tool call: in a message each entry is a complete call. */
function withIndices(message: JsonObject): JsonObject {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  return { ...message, tool_calls: calls.map((call, index) => ({ ...asObject(call), index })) }
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
