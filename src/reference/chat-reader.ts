import { Buffer, isUtf8 } from 'node:buffer'
import { asObject, hasText, isTooDeep, type JsonObject, parseObject } from '../base/json.ts'
import { type ChatIdentity, doneData } from '../protocol/openai-chat-completions.ts'
import { SseParser } from '../protocol/sse.ts'
import { readChoice } from './chat-choice.ts'
import { type ChoiceState, newChoiceState } from './chat-delta.ts'
import { lacksContent, readError, readIdentity, readUsage } from './chat-fields.ts'
import { badGateway, type Failure, malformed, maxDepth } from './failure.ts'
import type { ContentEvent, FinishReason, UpstreamEvent, Usage } from './upstream-event.ts'

/** Reads one chat completion stream and detects whether it is complete. */
interface ChatReader {
  /** Reads bytes of the body. */
  readonly push: (bytes: Buffer) => void
  /** Call it when the HTTP body is complete. The stream is complete if every choice is finished, with or without `[DONE]`. */
  readonly end: () => void
  /** Call it when the stream cannot be read any further. */
  readonly fail: (failure: Failure) => void
  /** Whether all content has arrived, so that only usage and `[DONE]` may follow. */
  readonly finished: () => boolean
  /** Number of events so far, as a measure of progress; comments do not count. */
  readonly events: () => number
}

/** Parameters of a reader. `fallback` provides identity members that the upstream does not send. */
interface ChatReaderOptions {
  readonly choices: number
  readonly fallback: ChatIdentity
  /** Receives the upstream's events. Nothing follows `end` or `error`. */
  readonly emit: (event: UpstreamEvent) => void
}

/** Creates the reader of one stream. */
export function createChatReader({ choices, fallback, emit }: ChatReaderOptions): ChatReader {
  const chunks = createChunkReader(choices, fallback)
  let isOver = false
  let events = 0

  function fail(failure: Failure): void {
    if (isOver) return
    isOver = true
    emit({ kind: 'error', failure })
  }

  function read(type: string, bytes: Buffer, start: number, end: number): void {
    events++
    if (isOver) return
    const text = bytes.toString('utf8', start, end)
    // Decoding replaces invalid bytes, so check the bytes only if the text contains the replacement character.
    if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) fail(malformed('bytes that are not UTF-8'))
    else if (text === doneData) close('the upstream sent [DONE] before a finish_reason')
    else if (end - start > 2 * maxDepth && isTooDeep(bytes.subarray(start, end), maxDepth))
      fail(malformed(`an event that nests deeper than ${maxDepth} levels`))
    else {
      const failure = chunks.read(type, text, emit)
      if (failure) fail(failure)
    }
  }

  function close(ifUnfinished: string): void {
    if (!chunks.finished()) fail(badGateway('upstream_truncated', ifUnfinished))
    else if (chunks.isEmpty())
      fail(badGateway('upstream_truncated', 'the upstream sent usage for an answer but no content'))
    if (isOver) return
    emit({ kind: 'end' })
    isOver = true
  }

  const parser = new SseParser(read)

  function push(bytes: Buffer): void {
    if (isOver) return
    parser.push(bytes)
    if (parser.overflowed) fail(malformed('an event that is too large'))
  }

  function end(): void {
    // A last event without its blank line counts if its JSON is complete; otherwise it is malformed.
    if (parser.end()) push(blankLine)
    close('the upstream ended the stream before a finish_reason')
  }

  return { push, end, fail, finished: chunks.finished, events: () => events }
}

const blankLine = Buffer.from('\n\n')

/** Reads the chunks of one stream. */
interface ChunkReader {
  /** Reads the data of one event and emits its contents, or returns a failure. */
  readonly read: (type: string, text: string, emit: (event: UpstreamEvent) => void) => Failure | undefined
  /** Whether every requested choice has its finish_reason. */
  readonly finished: () => boolean
  /** Whether a finished answer lacks the content that its usage counts. */
  readonly isEmpty: () => boolean
}

/**
 * Creates a reader for a stream with `choices` choices. A valid chunk is passed on unchanged. If a member that the client may
 * need is missing (id, created, model, role, index) or has another provider's form, the chunk is rewritten.
 */
function createChunkReader(choices: number, fallback: ChatIdentity): ChunkReader {
  const states: ChoiceState[] = Array.from({ length: choices }, newChoiceState)
  let identity: ChatIdentity | undefined
  let unfinished = choices
  let latestUsage: Usage | undefined

  function read(type: string, text: string, emit: (event: UpstreamEvent) => void): Failure | undefined {
    const body = parseObject(text)
    if (!body) return malformed(`data that is not a JSON object: ${text.slice(0, 80)}`)
    const entries = body['choices']
    const error = readError(body) ?? (type === 'error' ? { message: text.slice(0, 1_000) } : undefined)
    if (error) return { reason: 'upstream_error', status: error.status ?? 502, message: error.message }
    if (!Array.isArray(entries)) return malformed('a chunk without choices')
    if (!identity) {
      // Some providers send a chunk without choices and with an empty id first.
      if (entries.length === 0 && !hasText(body['id'])) return undefined
      identity = readIdentity(body, fallback)
      emit({ kind: 'start', identity })
    }
    const usage = readUsage(body['usage'])
    let isUnchanged = usage === undefined && isSame(body, identity) && !text.includes('\n')
    const kept: object[] = []
    const content: ContentEvent[] = []
    let finish: FinishReason | undefined
    for (const entry of entries) {
      const choice = asObject(entry)
      const index = choice?.['index'] ?? 0
      const state = typeof index === 'number' ? states[index] : undefined
      if (!choice || !state) return malformed('a choice with an unexpected index')
      const read = readChoice(choice, index as number, state, index === 0 ? content : [])
      if ('failure' in read) return read.failure
      if (read.sent !== choice) isUnchanged = false
      if (read.sent) kept.push(read.sent)
      if (!read.finish) continue
      unfinished--
      if (index === 0) finish = read.finish
    }
    if (kept.length > 0) emit({ kind: 'chunk', json: isUnchanged ? text : rewrite(body, identity, kept) })
    for (const event of content) emit(event)
    if (finish) emit({ kind: 'finish', reason: finish })
    if (usage) {
      latestUsage = usage
      emit({ kind: 'usage', usage })
    }
    return undefined
  }

  function isEmpty(): boolean {
    return states.every(({ hasContent, finish }) => !hasContent && lacksContent(finish, latestUsage))
  }

  return { read, finished: () => unfinished === 0, isEmpty }
}

function isSame(body: JsonObject, { id, model, createdS }: ChatIdentity): boolean {
  return (
    body['id'] === id &&
    body['model'] === model &&
    body['created'] === createdS &&
    body['object'] === 'chat.completion.chunk'
  )
}

function rewrite(body: JsonObject, { id, model, createdS }: ChatIdentity, choices: readonly object[]): string {
  const { usage: _, ...rest } = body
  return JSON.stringify({ ...rest, id, object: 'chat.completion.chunk', created: createdS, model, choices })
}
