import type { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import { nowNs } from '../base/clock.ts'
import { describeThrown } from '../base/errors.ts'
import { printable } from '../base/printable.ts'
import type { FailureKind, Phase } from '../model/failure.ts'
import type { Outcome } from '../model/record.ts'
import { defaultMaxEventBytes } from '../protocol/memory-budget.ts'
import { SseParser } from '../protocol/sse.ts'
import { Answer } from './answer.ts'
import { applyClientFault, type ClientFaultPlayer } from './apply-client-fault.ts'
import { deadlineFailure, socketFailure, tooLargeDetail } from './failure.ts'
import { addExcerpt, isErrorWith200, type RejectedResponse, rejectResponse } from './rejected-response.ts'
import { ResponseDecoder } from './response-decoder.ts'
import { openSocket } from './socket.ts'
import type { StreamContext, StreamOptions } from './stream-options.ts'
import { StreamTrack } from './stream-track.ts'

/** Maximum length of a failure's detail in characters: long enough to diagnose it, short enough for thousands of records. */
export const maxDetailLength = 512

/** Time in which the body must end after its protocol's terminal event, in ms. */
const endGraceMs = 2000

/** One stream from connect to end, on its own connection. Starts when constructed; ends once, with a record. */
export class Stream {
  readonly #context: StreamContext
  readonly #options: StreamOptions
  readonly #track: StreamTrack
  /** Emptied once sent: it takes a kilobyte. */
  #request: string
  #client: ClientFaultPlayer | undefined
  readonly #socket: Socket
  readonly #decoder: ResponseDecoder
  readonly #parser: SseParser
  readonly #answer: Answer
  #timer: NodeJS.Timeout

  #phase: Phase = 'connect'
  #ended = false
  #isOver = false
  /** Set if the response is not an event stream. */
  #rejected: RejectedResponse | undefined

  constructor(context: StreamContext, options: StreamOptions, request: string) {
    this.#context = context
    this.#options = options
    this.#request = request
    const { isPlanCertain, tolerated } = context
    const { endpoint, protocol } = options.client
    this.#answer = new Answer({
      protocol,
      isPlanCertain,
      tolerated,
      planned: options.planned,
      onStamp: (stampUs) => this.#onStamp(stampUs),
    })
    this.#decoder = new ResponseDecoder({
      onHead: (status, headers) => this.#onHead(status, headers),
      onBody: (bytes, start, end) => this.#onBody(bytes, start, end),
      onTolerated: (what) => this.#answer.warn('http_tolerated', 'a response that every HTTP client accepts', what),
    })
    this.#parser = new SseParser(
      (type, bytes, start, end) => this.#onEvent(type, bytes, start, end),
      defaultMaxEventBytes,
      context.memory,
    )
    this.#track = new StreamTrack()
    options.series.started(options.intendedNs, this.#track.startedNs)
    this.#timer = this.#timerFor(() => this.#onTimer(), Math.min(context.timeoutMs, context.idleMs))
    this.#socket = openSocket(endpoint, (bytes, length) => this.#onRead(bytes, length))
    this.#socket
      .on(endpoint.tls ? 'secureConnect' : 'connect', () => this.#guarded(() => this.#onConnect()))
      .on('end', () => this.#guarded(() => this.#onClosed()))
      .on('close', () => this.#guarded(() => this.#onClosed()))
      .on('error', (error: NodeJS.ErrnoException) => this.#guarded(() => this.#onError(error)))
  }

  /** Ends the stream because the harness stops. */
  abort(): void {
    this.#end({ state: 'aborted', phase: this.#phase })
  }

  /** Runs a step. An exception is a bug of this program: it fails only this stream. */
  #guarded(step: () => void): void {
    try {
      step()
    } catch (cause) {
      // The caller has the record already, and threw while it handled it.
      if (this.#ended) throw cause
      const detail = printable(describeThrown(cause), maxDetailLength)
      this.#end({ state: 'failed', phase: this.#phase, kind: 'internal_error', detail }, this.#answer.kept())
    }
  }

  #timerFor(step: () => void, ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#guarded(step), ms)
  }

  #onConnect(): void {
    this.#track.connectedNs = nowNs()
    this.#phase = 'send'
    this.#socket.write(this.#request, () => this.#client?.reached('sent'))
    this.#request = ''
    this.#track.requestSentNs = nowNs()
    this.#phase = 'headers'
    const { clientFault } = this.#options
    if (clientFault) this.#client = applyClientFault(clientFault, this.#socket, () => this.abort())
  }

  #onRead(bytes: Buffer, length: number): void {
    if (this.#ended) return
    this.#track.startRead(bytes, length)
    this.#guarded(() => this.#take(bytes, length))
    this.#track.endRead()
  }

  #take(bytes: Buffer, length: number): void {
    this.#decoder.push(bytes, 0, length)
    if (this.#ended) return
    if (this.#decoder.state === 'malformed') this.#failOrReject('http_malformed', this.#decoder.reason)
    else if (this.#decoder.state === 'done') this.#onMessageEnd()
    else this.#client?.read()
  }

  #onHead(status: number, headers: ReadonlyMap<string, string>): void {
    this.#track.headersNs = this.#track.readNs
    this.#client?.reached('headers')
    this.#track.status = status
    this.#phase = 'first-event'
    const rejected = rejectResponse(status, headers, this.#options.client.protocol.name, this.#answer)
    this.#rejected = rejected && this.#context.tolerated?.has(rejected.kind) ? undefined : rejected
  }

  #onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    this.#track.addBody(end - start)
    if (this.#rejected) {
      addExcerpt(this.#rejected, bytes, start, end)
      return
    }
    this.#parser.push(bytes, start, end)
    const { exceeded } = this.#parser
    if (exceeded !== undefined)
      this.#fail('event_too_large', tooLargeDetail(exceeded, this.#answer.events + 1, this.#context.eventMemoryMb))
  }

  #onEvent(type: string, bytes: Buffer, start: number, end: number): void {
    if (this.#ended) return
    this.#context.onEvent()
    if (this.#track.firstEventNs === undefined) {
      this.#track.firstEventNs = this.#track.readNs
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
    const { stream, clientFault, series } = this.#options
    const isCounted = clientFault === undefined
    const { deltaTimes } = this.#context
    const { startedNs, readNs } = this.#track
    const sentUs = deltaTimes.transit(stream, stampUs, startedNs, readNs, isCounted)
    if (isCounted) series.transited(readNs, readNs / 1000 - sentUs)
    this.#track.sentUs = sentUs
  }

  #onDelta(): void {
    const { stream, intendedNs, openLoop, clientFault, series } = this.#options
    const gapNs = this.#track.addDelta()
    const { startedNs, readNs } = this.#track
    series.delta(readNs, gapNs === undefined ? readNs - (openLoop ? intendedNs : startedNs) : undefined)
    // A faulty client causes its own gaps.
    if (gapNs !== undefined && clientFault === undefined) this.#context.deltaTimes.gap(stream, gapNs)
  }

  /** After the terminal event the body must end soon. */
  #onOver(): void {
    this.#isOver = true
    this.#client?.reached('over')
    if (this.#ended) return
    if (!this.#answer.hasSentError) this.#phase = 'end'
    clearTimeout(this.#timer)
    const pauseMs = Math.max(0, (this.#client?.pausedUntilMs() ?? 0) - performance.now())
    const graceMs = Math.min(endGraceMs, this.#context.timeoutMs)
    this.#timer = this.#timerFor(() => this.#onDeadline(false), pauseMs + graceMs)
  }

  /** The HTTP response is complete, so its content decides the outcome. */
  #onMessageEnd(): void {
    if (this.#rejected) this.#failRejected(this.#rejected)
    else if (this.#decoder.trailingBytes > 0)
      this.#fail('http_trailing_garbage', `${this.#decoder.trailingBytes} bytes after the end of the response`)
    else {
      const failure = this.#answer.ended(this.#track.bytes, this.#parser.comments, this.#parser.end())
      if (failure) this.#fail(failure.kind, failure.detail)
      else this.#end({ state: 'whole' })
    }
  }

  #failRejected(response: RejectedResponse): void {
    const { kind, reason, excerpt } = response
    if (isErrorWith200(response))
      this.#answer.broken('status_200_error', 'an error with an error status', excerpt.toString())
    this.#fail(kind, excerpt.length === 0 ? reason : `${reason}: ${excerpt}`)
  }

  /** Fails the stream. A rejected head explains a failure better than the way the body ended. */
  #failOrReject(kind: FailureKind, detail: string): void {
    if (this.#rejected) {
      this.#failRejected(this.#rejected)
      return
    }
    const failure = this.#answer.cut()
    this.#fail(failure?.kind ?? kind, failure?.detail ?? detail)
  }

  #onClosed(): void {
    if (this.#ended) return
    if (this.#phase === 'connect') this.#fail('connect_failed', 'the connection was closed while connecting')
    else if (this.#decoder.end()) this.#onMessageEnd()
    else if (this.#track.headersNs === undefined) this.#fail('closed_before_headers', 'the connection was closed')
    else this.#failOrReject('truncated_fin', `the connection was closed after event ${this.#answer.events}`)
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#ended) return
    this.#failOrReject(socketFailure(error.code, this.#phase), error.message)
  }

  /** One timer for both limits, restarted only when it fires: restarting it at each delta would cost more than the delta. */
  #onTimer(): void {
    const { timeoutMs, idleMs } = this.#context
    const now = nowNs()
    const progressNs = this.#track.lastDeltaNs ?? this.#track.headersNs ?? this.#track.startedNs
    const deadlineMs = timeoutMs - (now - this.#track.startedNs) / 1e6
    // While the client itself is pausing, the gateway is not to blame for the silence.
    const pauseMs = Math.max(0, (this.#client?.pausedUntilMs() ?? 0) + idleMs - performance.now())
    const idleLeftMs = Math.max(pauseMs, idleMs - (now - progressNs) / 1e6)
    // Timers may fire up to 1 ms early.
    if (deadlineMs < 1) this.#onDeadline(false)
    else if (idleLeftMs < 1) this.#onDeadline(true)
    else this.#timer = this.#timerFor(() => this.#onTimer(), Math.min(deadlineMs, idleLeftMs))
  }

  #onDeadline(isIdle: boolean): void {
    const { timeoutMs, idleMs } = this.#context
    const limit = isIdle ? `no delta for ${idleMs / 1000} s` : `time limit of ${timeoutMs / 1000} s`
    const detail = this.#phase === 'end' ? 'the body stayed open' : limit
    const kind = deadlineFailure(this.#phase, this.#track.deltas > 0, isIdle)
    if (this.#phase === 'end' && this.#context.tolerated?.has(kind)) this.#onMessageEnd()
    else this.#failOrReject(kind, detail)
  }

  #fail(kind: FailureKind, detail: string): void {
    this.#end({ state: 'failed', phase: this.#phase, kind, detail: printable(detail, maxDetailLength) })
  }

  /** Only the first call counts: later socket events come from closing the socket here. */
  #end(outcome: Outcome, { findings, findingCounts } = this.#answer.findings()): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    this.#client?.stop()
    this.#parser.close()
    const { stream, phase, intendedNs, openLoop, turn, series, fault, clientFault } = this.#options
    const measured = this.#track.measured()
    this.#socket.destroy()
    series.ended(measured.endedNs, outcome.state === 'failed')
    this.#context.onEnd(
      {
        stream,
        phase: phase > 0 ? phase : undefined,
        intendedNs,
        openLoop: openLoop || undefined,
        turn: turn > 0 ? turn : undefined,
        ...measured,
        events: this.#answer.events,
        findings,
        findingCounts,
        rawBase64: outcome.state === 'failed' ? this.#track.lastBytes() : undefined,
        fault,
        clientFault: clientFault?.text,
        outcome,
      },
      this.#track.line,
    )
  }
}
