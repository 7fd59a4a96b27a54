import { Buffer } from 'node:buffer'
import { parseResponseHead } from './response-head.ts'

/** Takes what a response brings; body bytes are valid only during the call. */
export interface ResponseSink {
  onHead(status: number, headers: ReadonlyMap<string, string>): void
  onBody(bytes: Buffer, start: number, end: number): void
}

/** Bytes that a response's head, a chunk-size line or the trailers may have. */
export const maxHeadBytes = 64 * 1024

const LF = 10
const CR = 13

type State = 'head' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'length' | 'until-close' | 'done' | 'malformed'

/**
 * Reads one HTTP/1.1 response from bytes cut anywhere (RFC 9112): interim responses, Content-Length, chunked coding with
 * extensions and trailers, and bodies that end with the connection. Passes body bytes on from the read they came in.
 */
export class ResponseDecoder {
  state: State = 'head'
  /** Why the response is malformed. */
  reason = ''
  /** Bytes that came after the response's end. */
  trailingBytes = 0

  readonly #sink: ResponseSink
  /** A head, size line or trailer whose end has not come yet. */
  #line: Buffer[] = []
  #lineBytes = 0
  #remaining = 0
  #sizeDigits = 0
  #inExtension = false

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** Reads `bytes[start..end)`. */
  push(bytes: Buffer, start: number, end: number): void {
    let at = start
    while (at < end) {
      switch (this.state) {
        case 'chunk':
        case 'length': {
          const to = Math.min(end, at + this.#remaining)
          this.#remaining -= to - at
          if (this.#remaining === 0) this.state = this.state === 'chunk' ? 'chunk-end' : 'done'
          this.#sink.onBody(bytes, at, to)
          at = to
          break
        }
        case 'size':
          at = this.#readSize(bytes, at, end)
          break
        case 'chunk-end':
          at = this.#readChunkEnd(bytes, at)
          break
        case 'until-close':
          this.#sink.onBody(bytes, at, end)
          return
        case 'head':
        case 'trailers':
          at = this.#readLines(bytes, at, end)
          break
        case 'done':
          this.trailingBytes += end - at
          return
        case 'malformed':
          return
      }
    }
  }

  /** The connection was closed in order: whether the response was complete then. */
  end(): boolean {
    if (this.state === 'until-close') this.state = 'done'
    return this.state === 'done'
  }

  #fail(reason: string): void {
    this.state = 'malformed'
    this.reason = reason
  }

  #readSize(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number
      if (byte === LF) return this.#sizeRead(at + 1)
      if (++this.#lineBytes > maxHeadBytes) {
        this.#fail('chunk-size line too long')
        return end
      }
      if (this.#inExtension || byte === CR) continue
      const digit = hexDigit(byte)
      if (digit >= 0 && this.#sizeDigits < 12) {
        this.#remaining = this.#remaining * 16 + digit
        this.#sizeDigits++
      } else if ((byte === 0x3b || byte === 0x20 || byte === 0x09) && this.#sizeDigits > 0) this.#inExtension = true
      else {
        this.#fail('chunk size is no hexadecimal number')
        return end
      }
    }
    return end
  }

  #sizeRead(next: number): number {
    if (this.#sizeDigits === 0) this.#fail('chunk size is missing')
    else this.state = this.#remaining === 0 ? 'trailers' : 'chunk'
    this.#sizeDigits = 0
    this.#lineBytes = 0
    this.#inExtension = false
    return next
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number
    if (byte === LF) {
      this.state = 'size'
      this.#remaining = 0
    } else if (byte !== CR) this.#fail('chunk is longer than its size')
    return at + 1
  }

  /** Gathers lines until the empty one that ends a head or the trailers. */
  #readLines(bytes: Buffer, from: number, end: number): number {
    let at = from
    while (at < end) {
      const lf = bytes.indexOf(LF, at)
      const to = lf < 0 || lf >= end ? end : lf + 1
      this.#line.push(Buffer.from(bytes.subarray(at, to)))
      this.#lineBytes += to - at
      if (this.#lineBytes > maxHeadBytes) {
        this.#fail(`${this.state === 'head' ? 'head' : 'trailers'} above ${maxHeadBytes} bytes`)
        return end
      }
      at = to
      if (bytes[to - 1] !== LF) continue
      const text = Buffer.concat(this.#line).toString('latin1')
      this.#line = [Buffer.from(text, 'latin1')]
      if (text !== '\n' && text !== '\r\n' && !text.endsWith('\n\n') && !text.endsWith('\n\r\n')) continue
      this.#line = []
      this.#lineBytes = 0
      if (this.state === 'trailers') this.state = 'done'
      else this.#readHead(text)
      return at
    }
    return at
  }

  #readHead(text: string): void {
    const head = parseResponseHead(text)
    if (typeof head === 'string') {
      this.#fail(head)
      return
    }
    const { status, headers, body } = head
    if (status < 200) return
    if (body === 'chunked') this.state = 'size'
    else if (body === 'close') this.state = 'until-close'
    else if (body === 'none' || body === 0) this.state = 'done'
    else {
      this.#remaining = body
      this.state = 'length'
    }
    this.#sink.onHead(status, headers)
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
