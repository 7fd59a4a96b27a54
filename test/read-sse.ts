import { Buffer } from 'node:buffer'
import { SseParser } from '../src/protocol/sse.ts'

/** One event with the id that was in force when it was dispatched. */
export interface SeenEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/** All that a parser says of a stream. */
export interface SeenSse {
  readonly events: readonly SeenEvent[]
  readonly comments: number
  readonly retryMs: number | undefined
  readonly endedInside: boolean
  readonly overflowed: boolean
}

/** Gives the pieces to a new parser, each in a buffer that is overwritten after its push, as a shared read buffer is. */
export function readSse(pieces: readonly Uint8Array[], maxEventBytes?: number): SeenSse {
  const events: SeenEvent[] = []
  const parser = new SseParser((type, bytes, start, end) => {
    events.push({ type, data: bytes.toString('utf8', start, end), lastEventId: parser.lastEventId })
  }, maxEventBytes)
  for (const piece of pieces) {
    const read = Buffer.from(piece)
    parser.push(read)
    read.fill('?')
  }
  const endedInside = parser.end()
  const { comments, retryMs, overflowed } = parser
  return { events, comments, retryMs, endedInside, overflowed }
}
