import { Buffer, isUtf8 } from 'node:buffer'
import { type ChatIdentity, doneData } from '../protocol/openai-chat-completions.ts'
import { SseParser } from '../protocol/sse.ts'
import { createChunkReader } from './chat-chunk.ts'
import { badGateway, type Failure, malformed } from './failure.ts'
import type { UpstreamEvent } from './upstream-event.ts'

/** Reads one chat completion stream, and knows whether it came to its end. */
export interface ChatReader {
  /** Reads bytes of the body, cut anywhere. */
  readonly push: (bytes: Buffer) => void
  /** The body ended as HTTP wants it: whole where every choice is finished, with or without `[DONE]`; else a cut stream. */
  readonly end: () => void
  /** The stream cannot be read further. */
  readonly fail: (failure: Failure) => void
  /** Whether all content has come, and only `[DONE]`, perhaps usage, is still to come. */
  readonly finished: () => boolean
  /** Events seen, comments not among them: the measure of progress. */
  readonly events: () => number
}

/** What a reader needs to know of its stream. `fallback` names the answer where the upstream does not. */
export interface ChatReaderOptions {
  readonly choices: number
  readonly fallback: ChatIdentity
  /** Takes what the upstream says; after `end` or `error` nothing more comes, whatever the upstream still sends. */
  readonly emit: (event: UpstreamEvent) => void
}

/** Makes the reader of one stream. */
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
    // Decoding hides broken characters; only where the replacement character turns up is it worth asking whether it was sent.
    if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) fail(malformed('bytes that are no UTF-8'))
    else if (text === doneData) close('the upstream sent [DONE] before a finish_reason')
    else {
      const failure = chunks.read(type, text, emit)
      if (failure) fail(failure)
    }
  }

  function close(ifUnfinished: string): void {
    if (!chunks.finished()) fail(badGateway('upstream_truncated', ifUnfinished))
    if (isOver) return
    isOver = true
    emit({ kind: 'end' })
  }

  const parser = new SseParser(read)

  function push(bytes: Buffer): void {
    if (isOver) return
    parser.push(bytes)
    if (parser.overflowed) fail(malformed('an event that is too large'))
  }

  function end(): void {
    // An event whose blank line never came still counts if it is whole: its JSON says so, and a cut one is told as malformed.
    if (parser.end()) push(blankLine)
    close('the upstream ended the stream before a finish_reason')
  }

  return { push, end, fail, finished: chunks.finished, events: () => events }
}

const blankLine = Buffer.from('\n\n')
