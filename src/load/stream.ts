import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import { known } from '../base/known.ts'
import type { FailureKind, Phase } from '../model/failure.ts'
import type { Outcome } from '../model/record.ts'
import { SseParser } from '../protocol/sse.ts'
import { Answer } from './answer.ts'
import { type Conductor, conductClient } from './client-conduct.ts'
import { DeltaTrack } from './delta-track.ts'
import { detailOf } from './detail.ts'
import { deadlineFailure, socketFailure } from './failure.ts'
import { addExcerpt, isErrorWith200, type Refusal, refusalOf } from './refusal.ts'
import { ResponseDecoder } from './response-decoder.ts'
import { openSocket } from './socket.ts'
import type { StreamContext, StreamOptions } from './stream-options.ts'

/** Bytes of the read in which a stream fails that its record keeps. */
const rawBytes = 1024

/** How long a body may stay open after its protocol's terminal event, in ms. */
const endGraceMs = 2000

/** One stream from its connect to its end, on a connection of its own. Starts when constructed; ends once, in a record. */
export class Stream {
  readonly #context: StreamContext
  readonly #options: StreamOptions
  readonly #startedNs: number
  /** Empty once it is sent, as it takes a kilobyte. */
  #request: string
  #client: Conductor | undefined
  readonly #socket: Socket
  readonly #decoder: ResponseDecoder
  readonly #parser: SseParser
  readonly #answer: Answer
  #timer: NodeJS.Timeout

  #phase: Phase = 'connect'
  #ended = false
  #readNs = 0
  #chunkCounted = false
  /** The read that is being taken. */
  #read: Buffer | undefined
  #readLength = 0
  #isOver = false
  #connectedNs: number | undefined
  #requestSentNs: number | undefined
  #headersNs: number | undefined
  #firstByteNs: number | undefined
  #firstEventNs: number | undefined
  #lastByteNs: number | undefined
  #status: number | undefined
  #bytes = 0
  #chunks = 0
  readonly #track: DeltaTrack
  /** Set where the answer is no event stream: why, and the first bytes of what it is instead. */
  #refusal: Refusal | undefined

  constructor(context: StreamContext, options: StreamOptions, request: string) {
    this.#context = context
    this.#options = options
    this.#request = request
    const { protocol, isPlanCertain } = context
    this.#answer = new Answer({
      protocol,
      isPlanCertain,
      planned: options.planned,
      onStamp: (stampUs) => this.#onStamp(stampUs),
    })
    this.#decoder = new ResponseDecoder({
      onHead: (status, headers) => this.#onHead(status, headers),
      onBody: (bytes, start, end) => this.#onBody(bytes, start, end),
    })
    this.#parser = new SseParser((type, bytes, start, end) => this.#onEvent(type, bytes, start, end))
    this.#startedNs = nowNs()
    this.#track = new DeltaTrack(this.#startedNs)
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(context.timeoutMs, context.idleMs))
    this.#socket = openSocket(context.endpoint, (bytes, length) => this.#onRead(bytes, length))
    this.#socket
      .on(context.endpoint.tls ? 'secureConnect' : 'connect', () => this.#onConnect())
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
    this.#socket.write(this.#request, () => this.#client?.reached('sent'))
    this.#request = ''
    this.#requestSentNs = nowNs()
    this.#phase = 'headers'
    const { conduct } = this.#options
    if (conduct) this.#client = conductClient(conduct, this.#socket, () => this.abort())
  }

  #onRead(bytes: Buffer, length: number): void {
    if (this.#ended) return
    this.#readNs = nowNs()
    this.#chunkCounted = false
    this.#read = bytes
    this.#readLength = length
    this.#take(bytes, length)
    // The next read of any stream overwrites it.
    this.#read = undefined
  }

  #take(bytes: Buffer, length: number): void {
    this.#decoder.push(bytes, 0, length)
    if (this.#ended) return
    if (this.#decoder.state === 'malformed') this.#failOrRefused('http_malformed', this.#decoder.reason)
    else if (this.#decoder.state === 'done') this.#onMessageEnd()
    else this.#client?.read()
  }

  #onHead(status: number, headers: ReadonlyMap<string, string>): void {
    this.#headersNs = this.#readNs
    this.#client?.reached('headers')
    this.#status = status
    this.#phase = 'first-event'
    this.#refusal = refusalOf(status, headers)
    if (this.#refusal?.kind === 'bad_content_type' && this.#context.protocol.name === 'anthropic-messages')
      this.#answer.broken('A1', 'text/event-stream', headers.get('content-type'))
  }

  #onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    if (!this.#chunkCounted) this.#chunks++
    this.#chunkCounted = true
    this.#firstByteNs ??= this.#readNs
    this.#lastByteNs = this.#readNs
    this.#bytes += end - start
    if (this.#refusal) {
      addExcerpt(this.#refusal, bytes, start, end)
      return
    }
    this.#parser.push(bytes, start, end)
    if (this.#parser.overflowed) this.#fail('event_too_large', `event ${this.#answer.events + 1} goes beyond the limit`)
  }

  #onEvent(type: string, bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    this.#context.onEvent()
    if (this.#firstEventNs === undefined) {
      this.#firstEventNs = this.#readNs
      this.#phase = 'stream'
    }
    if (this.#answer.event(type, bytes, start, end)) {
      this.#onDelta()
      this.#client?.reached(this.#track.deltas)
    }
    if (this.#ended) return
    if (this.#answer.failure) this.#fail(this.#answer.failure.kind, this.#answer.failure.detail)
    else if (this.#answer.isOver && !this.#isOver) this.#onOver()
  }

  #onStamp(stampUs: number): void {
    const { stream, conduct } = this.#options
    const isCounted = conduct === undefined
    const { deltaTimes } = this.#context
    this.#track.sentUs = deltaTimes.transit(stream, stampUs, this.#startedNs, this.#readNs, isCounted)
  }

  #onDelta(): void {
    const { stream, conduct } = this.#options
    const gapNs = this.#track.came(this.#readNs)
    // Of a client that does not read, gaps are its own.
    if (gapNs !== undefined && conduct === undefined) this.#context.deltaTimes.gap(stream, gapNs)
  }

  /** Nothing may come any more, and the body has to end soon. */
  #onOver(): void {
    this.#isOver = true
    this.#client?.reached('over')
    if (this.#ended) return
    if (!this.#answer.hasToldError) this.#phase = 'end'
    clearTimeout(this.#timer)
    const ownMs = Math.max(0, (this.#client?.pausedUntilMs() ?? 0) - performance.now())
    const graceMs = Math.min(endGraceMs, this.#context.timeoutMs)
    this.#timer = setTimeout(() => this.#onDeadline(false), ownMs + graceMs)
  }

  /** The response ended as HTTP wants it to: now what was in it decides. */
  #onMessageEnd(): void {
    if (this.#refusal) this.#refused(this.#refusal)
    else if (this.#decoder.trailingBytes > 0)
      this.#fail('http_trailing_garbage', `${this.#decoder.trailingBytes} bytes after the response's end`)
    else {
      const failure = this.#answer.ended(this.#bytes, this.#parser.comments, this.#parser.end())
      if (failure) this.#fail(failure.kind, failure.detail)
      else this.#end({ state: 'whole' })
    }
  }

  #refused(refusal: Refusal): void {
    const { kind, what, excerpt } = refusal
    if (isErrorWith200(refusal))
      this.#answer.broken('status_200_error', 'an error with a status of its own', excerpt.toString())
    this.#fail(kind, excerpt.length === 0 ? what : `${what}: ${excerpt}`)
  }

  /** What was wrong with the answer's head tells more than how its body ended. */
  #failOrRefused(kind: FailureKind, detail: string): void {
    if (this.#refusal) {
      this.#refused(this.#refusal)
      return
    }
    const told = this.#answer.cut()
    this.#fail(told?.kind ?? kind, told?.detail ?? detail)
  }

  #onClosed(): void {
    if (this.#ended) return
    if (this.#phase === 'connect') this.#fail('connect_failed', 'the connection was closed while connecting')
    else if (this.#decoder.end()) this.#onMessageEnd()
    else if (this.#headersNs === undefined) this.#fail('closed_before_headers', 'the connection was closed')
    else this.#failOrRefused('truncated_fin', `the connection was closed after event ${this.#answer.events}`)
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#ended) return
    this.#failOrRefused(socketFailure(error.code, this.#phase), error.message)
  }

  /** One timer for both limits, set anew only when it fires: to set it at each delta would cost more than the delta. */
  #onTimer(): void {
    const { timeoutMs, idleMs } = this.#context
    const now = nowNs()
    const progressNs = this.#track.lastNs ?? this.#headersNs ?? this.#startedNs
    const deadlineMs = timeoutMs - (now - this.#startedNs) / 1e6
    // While its own client does not read, silence is not the gateway's.
    const ownMs = Math.max(0, (this.#client?.pausedUntilMs() ?? 0) + idleMs - performance.now())
    const idleLeftMs = Math.max(ownMs, idleMs - (now - progressNs) / 1e6)
    // Timers may fire up to 1 ms early.
    if (deadlineMs < 1) this.#onDeadline(false)
    else if (idleLeftMs < 1) this.#onDeadline(true)
    else this.#timer = setTimeout(() => this.#onTimer(), Math.min(deadlineMs, idleLeftMs))
  }

  #onDeadline(isIdle: boolean): void {
    const { timeoutMs, idleMs } = this.#context
    const limit = isIdle ? `silence of ${idleMs / 1000} s` : `our deadline of ${timeoutMs / 1000} s`
    const detail = this.#phase === 'end' ? 'the body stayed open' : limit
    this.#failOrRefused(deadlineFailure(this.#phase, this.#track.deltas > 0, isIdle), detail)
  }

  #fail(kind: FailureKind, detail: string): void {
    this.#end({ state: 'failed', phase: this.#phase, kind, detail: detailOf(detail) })
  }

  /** The last bytes of the read in which the stream failed, as they came. */
  #lastBytes(): string | undefined {
    return this.#read?.toString('base64', Math.max(0, this.#readLength - rawBytes), this.#readLength)
  }

  /** The first end wins; what the socket says after it is about our own closing. */
  #end(outcome: Outcome): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#client?.stop()
    const endedNs = nowNs()
    const track = this.#track
    const { stream, intendedNs, fault, conduct } = this.#options
    this.#socket.destroy()
    this.#context.onEnd(
      known({
        stream,
        intendedNs,
        startedNs: this.#startedNs,
        connectedNs: this.#connectedNs,
        requestSentNs: this.#requestSentNs,
        headersNs: this.#headersNs,
        firstByteNs: this.#firstByteNs,
        firstEventNs: this.#firstEventNs,
        firstDeltaNs: track.firstNs,
        lastDeltaNs: track.lastNs,
        lastByteNs: this.#lastByteNs,
        endedNs,
        status: this.#status,
        bytes: this.#bytes,
        chunks: this.#chunks,
        events: this.#answer.events,
        deltas: track.deltas,
        largestGapNs: track.largestGapNs,
        largestGapEndNs: track.largestGapEndNs,
        ...this.#answer.findings(),
        rawBase64: outcome.state === 'failed' ? this.#lastBytes() : undefined,
        fault,
        clientFault: conduct?.text,
        outcome,
      }),
      track.line,
    )
  }
}
