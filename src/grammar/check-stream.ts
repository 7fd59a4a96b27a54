import { type Buffer, isUtf8 } from 'node:buffer'
import type { ProtocolName } from '../model/protocol-name.ts'
import { SseParser } from '../protocol/sse.ts'
import { type Ending, type Finding, reportTo } from './finding.ts'
import { grammars } from './grammars.ts'

/** One event as an EventSource dispatches it. */
export interface DispatchedEvent {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/** A finding and where it is: the number of the event, from 1; 0 before the first. */
export interface PlacedFinding extends Finding {
  readonly event: number
}

/** What to check, and who is told what, as it comes. */
export interface CheckOptions {
  /** Without one, only what is on the wire. */
  readonly protocol?: ProtocolName
  readonly onEvent?: (event: DispatchedEvent) => void
  readonly onFinding: (finding: PlacedFinding) => void
}

/** What a stream was. */
export interface CheckedStream {
  readonly bytes: number
  readonly events: number
  readonly comments: number
  /** Absent without a protocol. */
  readonly ending?: Ending
}

/** Checks one captured stream, fed with its bytes in pieces of any size, in constant memory. */
export interface StreamCheck {
  push(chunk: Buffer): void
  end(): CheckedStream
}

/** Makes the check of one stream: what is on the wire (WHATWG HTML, section 9.2.6) and the grammar of its protocol. */
export function checkStream({ protocol, onEvent, onFinding }: CheckOptions): StreamCheck {
  let bytes = 0
  let events = 0
  const report = reportTo((finding) => onFinding({ ...finding, event: events }))
  const grammar = protocol && grammars[protocol](report)
  const parser = new SseParser((type, buffer, start, end) => {
    events++
    if (!isUtf8(buffer.subarray(start, end))) report.broken('I4', 'UTF-8', 'bytes that are not')
    const data = buffer.toString('utf8', start, end)
    onEvent?.({ type, data, lastEventId: parser.lastEventId })
    grammar?.event(type, data)
  })
  let isTold = false
  return {
    push(chunk) {
      bytes += chunk.length
      parser.push(chunk)
      if (parser.overflowed && !isTold) report.broken('event_too_large', 'events of at most 8 MiB', 'a larger one')
      isTold = parser.overflowed
    },
    end() {
      if (!parser.overflowed && parser.end())
        report.broken('unterminated_final_event', 'a blank line after the last event', 'the end of the body')
      if (events === 0 && grammar) report.broken('empty_stream', 'events', `${bytes} bytes and no event`)
      const ending = events === 0 && grammar ? 'cut' : grammar?.end()
      return { bytes, events, comments: parser.comments, ...(ending && { ending }) }
    },
  }
}
