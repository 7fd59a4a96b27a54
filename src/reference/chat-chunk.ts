import type { ChatIdentity } from '../protocol/openai-chat-completions.ts'
import { asObject, hasText, parseObject } from '../protocol/protocol.ts'
import { type ChoiceState, newChoiceState, readDelta } from './chat-delta.ts'
import { isWholeJson, readError, readFinishReason, readIdentity, readUsage } from './chat-fields.ts'
import { type Failure, malformed } from './failure.ts'
import { type ContentEvent, type FinishReason, isCut, type UpstreamEvent } from './upstream-event.ts'

/** Reads the chunks of one stream. */
export interface ChunkReader {
  /** Reads the data of one event; passes on what it says, or returns why it cannot be used. */
  readonly read: (type: string, text: string, emit: (event: UpstreamEvent) => void) => Failure | undefined
  /** Whether every choice that was asked for has its finish_reason. */
  readonly finished: () => boolean
}

/**
 * Makes a reader for a stream of `choices` choices. A chunk that is as the protocol wants it is passed on as it came; where something
 * is missing that the client may rely on (id, created, model, role, index) it is written anew, so that no sloppiness is relayed.
 */
export function createChunkReader(choices: number, fallback: ChatIdentity): ChunkReader {
  const states: ChoiceState[] = Array.from({ length: choices }, newChoiceState)
  let identity: ChatIdentity | undefined
  let unfinished = choices

  function read(type: string, text: string, emit: (event: UpstreamEvent) => void): Failure | undefined {
    const body = parseObject(text)
    if (!body) return malformed(`data that is no JSON object: ${text.slice(0, 80)}`)
    const entries = body['choices']
    const told = readError(body) ?? (type === 'error' ? { message: text.slice(0, 1_000) } : undefined)
    if (told) return { reason: 'upstream_error', status: told.status ?? 502, message: told.message }
    if (!Array.isArray(entries)) return malformed('a chunk without choices')
    if (!identity) {
      // Some send a chunk of their own before the answer's first, with no choices and an empty id.
      if (entries.length === 0 && !hasText(body['id'])) return undefined
      identity = readIdentity(body, fallback)
      emit({ kind: 'start', identity })
    }
    const usage = readUsage(body['usage'])
    let asItCame = usage === undefined && isSame(body, identity) && !text.includes('\n')
    const kept: object[] = []
    const content: ContentEvent[] = []
    let finish: FinishReason | undefined
    for (const entry of entries) {
      const choice = asObject(entry)
      const index = choice?.['index'] ?? 0
      const state = typeof index === 'number' ? states[index] : undefined
      if (!choice || !state) return malformed('a choice with an index that was not asked for')
      if (state.finished) {
        asItCame = false
        continue
      }
      const delta = readDelta(asObject(choice['delta']) ?? {}, state, index === 0 ? content : [])
      if ('failure' in delta) return delta.failure
      const isFixed = delta.fields !== choice['delta'] || choice['index'] !== index
      if (isFixed) asItCame = false
      kept.push(isFixed ? { finish_reason: null, ...choice, index, delta: delta.fields } : choice)
      if (choice['finish_reason'] == null) continue
      const reason = readFinishReason(choice['finish_reason'])
      if (typeof reason !== 'string') return reason
      if (!isCut(reason))
        for (const tool of state.tools.values())
          if (!isWholeJson(tool.arguments)) return malformed('tool arguments that are no JSON')
      state.finished = true
      unfinished--
      if (index === 0) finish = reason
    }
    if (kept.length > 0) emit({ kind: 'chunk', json: asItCame ? text : rewrite(body, identity, kept) })
    for (const event of content) emit(event)
    if (finish) emit({ kind: 'finish', reason: finish })
    if (usage) emit({ kind: 'usage', usage })
    return undefined
  }

  return { read, finished: () => unfinished === 0 }
}

type Fields = Readonly<Record<string, unknown>>

function isSame(body: Fields, { id, model, createdS }: ChatIdentity): boolean {
  return (
    body['id'] === id &&
    body['model'] === model &&
    body['created'] === createdS &&
    body['object'] === 'chat.completion.chunk'
  )
}

function rewrite(body: Fields, { id, model, createdS }: ChatIdentity, choices: readonly object[]): string {
  const { usage: _, ...rest } = body
  return JSON.stringify({ ...rest, id, object: 'chat.completion.chunk', created: createdS, model, choices })
}
