import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowNs } from '../clock.ts'
import { known } from '../known.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { SseParser } from '../protocol/sse.ts'
import type { FailureKind, Outcome, Phase, StreamRecord } from '../record.ts'
import type { Histogram } from '../stats/histogram.ts'
import { detailOf } from './detail.ts'
import type { Endpoint } from './endpoint.ts'
import { deadlineFailure, socketFailure, statusFailure } from './failure.ts'
import { ResponseDecoder } from './response-decoder.ts'
import { openSocket } from './socket.ts'

/** How long a body may stay open after its protocol's terminal event, in ms. */
const endGraceMs = 2000

/** Bytes of an answer that is no event stream, or of an event that fails the stream, kept to say what it was. */
const excerptBytes = 512

/** What all streams of a load share. */
export interface StreamContext {
  readonly endpoint: Endpoint
  readonly protocol: Protocol
  readonly timeoutMs: number
  /** Takes each gap between two deltas, in us. */
  readonly interChunk: Histogram
  /** Called for each event, to show progress. */
  readonly onEvent: () => void
  readonly onEnd: (record: StreamRecord) => void
}

interface Refusal {
  readonly kind: FailureKind
  readonly what: string
  excerpt: Buffer
}

/** One stream from its connect to its end, on a connection of its own. Starts when constructed; ends once, in a record. */
export class Stream {
  readonly #context: StreamContext
  readonly #stream: number
  readonly #intendedNs: number
  readonly #startedNs: number
  readonly #request: Buffer
  readonly #socket: Socket
  readonly #decoder: ResponseDecoder
  readonly #parser: SseParser
  #deadline: NodeJS.Timeout

  #phase: Phase = 'connect'
  #ended = false
  #readNs = 0
  #chunkCounted = false
  #connectedNs: number | undefined
  #requestSentNs: number | undefined
  #headersNs: number | undefined
  #firstByteNs: number | undefined
  #firstEventNs: number | undefined
  #firstDeltaNs: number | undefined
  #lastDeltaNs: number | undefined
  #lastByteNs: number | undefined
  #status: number | undefined
  #bytes = 0
  #chunks = 0
  #events = 0
  #deltas = 0
  #largestGapNs: number | undefined
  #finished = false
  /** Set where the answer is no event stream: why, and the first bytes of what it is instead. */
  #refusal: Refusal | undefined

  constructor(context: StreamContext, stream: number, intendedNs: number, request: Buffer) {
    this.#context = context
    this.#stream = stream
    this.#intendedNs = intendedNs
    this.#request = request
    this.#decoder = new ResponseDecoder({
      onHead: (status, headers) => this.#onHead(status, headers),
      onBody: (bytes, start, end) => this.#onBody(bytes, start, end),
    })
    this.#parser = new SseParser((type, bytes, start, end) => this.#onEvent(type, bytes, start, end))
    this.#deadline = setTimeout(() => this.#onDeadline(), context.timeoutMs)
    this.#startedNs = nowNs()
    this.#socket = openSocket(context.endpoint, (bytes, length) => this.#onRead(bytes, length))
    this.#socket
      .on(context.endpoint.tlsServerName === undefined ? 'connect' : 'secureConnect', () => this.#onConnect())
      .on('end', () => this.#onClosed())
      .on('close', () => this.#onClosed())
      .on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
  }

  /** Ends the stream because the harness was told to stop. */
  abort(): void {
    this.#end({ state: 'aborted', phase: this.#phase })
  }

  #onConnect(): void {
    this.#connectedNs = nowNs()
    this.#phase = 'send'
    this.#socket.write(this.#request)
    this.#requestSentNs = nowNs()
    this.#phase = 'headers'
  }

  #onRead(bytes: Buffer, length: number): void {
    if (this.#ended) return
    this.#readNs = nowNs()
    this.#chunkCounted = false
    this.#decoder.push(bytes, 0, length)
    if (this.#ended) return
    if (this.#decoder.state === 'malformed') this.#failOrRefused('http_malformed', this.#decoder.reason)
    else if (this.#decoder.state === 'done') this.#onMessageEnd()
  }

  #onHead(status: number, headers: ReadonlyMap<string, string>): void {
    this.#headersNs = this.#readNs
    this.#status = status
    this.#phase = 'first-event'
    const contentType = headers.get('content-type') ?? ''
    const coding = headers.get('content-encoding') ?? 'identity'
    if (status !== 200) this.#refuse(statusFailure(status), `HTTP ${status}`)
    else if (contentType.split(';')[0]?.trim().toLowerCase() !== 'text/event-stream')
      this.#refuse('bad_content_type', `content type ${JSON.stringify(contentType)}`)
    else if (coding.toLowerCase() !== 'identity')
      this.#refuse('protocol_not_sse', `content coding ${JSON.stringify(coding)}`)
  }

  #refuse(kind: FailureKind, what: string): void {
    this.#refusal = { kind, what, excerpt: Buffer.alloc(0) }
  }

  #onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    if (!this.#chunkCounted) this.#chunks++
    this.#chunkCounted = true
    this.#firstByteNs ??= this.#readNs
    this.#lastByteNs = this.#readNs
    this.#bytes += end - start
    const refusal = this.#refusal
    if (refusal) {
      const room = excerptBytes - refusal.excerpt.length
      if (room > 0)
        refusal.excerpt = Buffer.concat([refusal.excerpt, bytes.subarray(start, Math.min(end, start + room))])
      return
    }
    this.#parser.push(bytes, start, end)
    if (this.#parser.overflowed) this.#fail('event_too_large', `event ${this.#events + 1} goes beyond the limit`)
  }

  #onEvent(type: string, bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    this.#events++
    this.#context.onEvent()
    if (this.#firstEventNs === undefined) {
      this.#firstEventNs = this.#readNs
      this.#phase = 'stream'
    }
    const meaning = this.#context.protocol.meaning(type, bytes.toString('utf8', start, end))
    if (this.#phase === 'end') {
      const again = meaning === 'terminal' || meaning === 'completed'
      this.#failAtEvent(again ? 'duplicate_terminal' : 'data_after_terminal', bytes, start, end)
      return
    }
    switch (meaning) {
      case 'delta':
        this.#onDelta()
        break
      case 'last-delta':
        this.#onDelta()
        this.#finished = true
        break
      case 'finish':
        this.#finished = true
        break
      case 'terminal':
        this.#onTerminal()
        break
      case 'completed':
        this.#finished = true
        this.#onTerminal()
        break
      case 'error':
        this.#failAtEvent('inband_error', bytes, start, end)
        break
      case 'malformed':
        this.#failAtEvent('json_malformed', bytes, start, end)
        break
      case 'other':
        break
    }
  }

  /** Decodes an excerpt anew: a slice of the event's text would keep all of it in memory. */
  #failAtEvent(kind: FailureKind, bytes: Buffer, start: number, end: number): void {
    const excerpt = bytes.toString('utf8', start, Math.min(end, start + excerptBytes))
    this.#fail(kind, `event ${this.#events}: ${excerpt}`)
  }

  #onDelta(): void {
    this.#deltas++
    if (this.#lastDeltaNs === undefined) this.#firstDeltaNs = this.#readNs
    else {
      const gapNs = this.#readNs - this.#lastDeltaNs
      if (this.#largestGapNs === undefined || gapNs > this.#largestGapNs) this.#largestGapNs = gapNs
      this.#context.interChunk.record(gapNs / 1000)
    }
    this.#lastDeltaNs = this.#readNs
  }

  /** Nothing may come any more, and the body has to end soon. */
  #onTerminal(): void {
    this.#phase = 'end'
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#onDeadline(), Math.min(endGraceMs, this.#context.timeoutMs))
  }

  /** The response ended as HTTP wants it to: now what was in it decides. */
  #onMessageEnd(): void {
    if (this.#refusal) this.#refused(this.#refusal)
    else if (this.#decoder.trailingBytes > 0)
      this.#fail('http_trailing_garbage', `${this.#decoder.trailingBytes} bytes after the response's end`)
    else if (this.#parser.end()) this.#fail('unterminated_final_event', `after event ${this.#events}`)
    else if (this.#phase === 'end' && this.#finished) this.#end({ state: 'whole' })
    else if (this.#phase === 'end')
      this.#fail('masked_truncation', 'the terminal event came without a reason to finish')
    else if (this.#finished) this.#fail('missing_done', 'the terminal event never came')
    else if (this.#events > 0) this.#fail('truncated_clean_eof', `the body ended after event ${this.#events}`)
    else if (this.#bytes === 0) this.#fail('empty_stream', 'the body is empty')
    else if (this.#parser.comments > 0) this.#fail('empty_stream', 'comments and no event')
    else this.#fail('protocol_not_sse', `${this.#bytes} bytes and no event`)
  }

  #refused({ kind, what, excerpt }: Refusal): void {
    this.#fail(kind, excerpt.length === 0 ? what : `${what}: ${excerpt}`)
  }

  /** What was wrong with the answer's head tells more than how its body ended. */
  #failOrRefused(kind: FailureKind, detail: string): void {
    if (this.#refusal) this.#refused(this.#refusal)
    else this.#fail(kind, detail)
  }

  #onClosed(): void {
    if (this.#ended) return
    if (this.#phase === 'connect') this.#fail('connect_failed', 'the connection was closed while connecting')
    else if (this.#decoder.end()) this.#onMessageEnd()
    else if (this.#headersNs === undefined) this.#fail('closed_before_headers', 'the connection was closed')
    else this.#failOrRefused('truncated_fin', `the connection was closed after event ${this.#events}`)
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#ended) return
    this.#failOrRefused(socketFailure(error.code, this.#phase), error.message)
  }

  #onDeadline(): void {
    const detail =
      this.#phase === 'end' ? 'the body stayed open' : `our deadline of ${this.#context.timeoutMs / 1000} s`
    this.#failOrRefused(deadlineFailure(this.#phase, this.#deltas > 0), detail)
  }

  #fail(kind: FailureKind, detail: string): void {
    this.#end({ state: 'failed', phase: this.#phase, kind, detail: detailOf(detail) })
  }

  /** The first end wins; what the socket says after it is about our own closing. */
  #end(outcome: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#deadline)
    const endedNs = nowNs()
    this.#socket.destroy()
    this.#context.onEnd(
      known({
        stream: this.#stream,
        intendedNs: this.#intendedNs,
        startedNs: this.#startedNs,
        connectedNs: this.#connectedNs,
        requestSentNs: this.#requestSentNs,
        headersNs: this.#headersNs,
        firstByteNs: this.#firstByteNs,
        firstEventNs: this.#firstEventNs,
        firstDeltaNs: this.#firstDeltaNs,
        lastDeltaNs: this.#lastDeltaNs,
        lastByteNs: this.#lastByteNs,
        endedNs,
        status: this.#status,
        bytes: this.#bytes,
        chunks: this.#chunks,
        events: this.#events,
        deltas: this.#deltas,
        largestGapNs: this.#largestGapNs,
        outcome,
      }),
    )
  }
}
