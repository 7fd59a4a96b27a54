import { Buffer } from 'node:buffer'
import { readChunkExtension } from './chunk-extension.ts'
import { parseFields, parseResponseHead } from './response-head.ts'

/** Receives the parts of a response; body bytes are valid only during the call. */
interface ResponseSink {
  onHead(status: number, headers: ReadonlyMap<string, string>): void
  onBody(bytes: Buffer, start: number, end: number): void
  /** Called once for each kind of bytes that a sender must not send, but some clients accept. */
  onTolerated(what: string): void
}

/** Maximum size of a response's head, a chunk-size line or the trailers, in bytes. */
export const maxHeadBytes = 64 * 1024

/** Maximum number of hexadecimal digits in a chunk size after leading zeros. */
const maxSizeDigits = 12

const LF = 10
const CR = 13
/** The bytes that may follow a chunk size in its line: tab, space and semicolon. */
const extensionStart: ReadonlySet<number> = new Set([9, 32, 59])

type State = 'head' | 'size' | 'chunk' | 'chunk-end' | 'trailers' | 'length' | 'until-close' | 'done' | 'malformed'

/**
 * Decodes one HTTP/1.1 response from reads of any size (RFC 9112): interim responses, Content-Length, chunked coding with
 * extensions and trailers, and bodies that end with the connection. Passes on body bytes without copying.
 */
export class ResponseDecoder {
  state: State = 'head'
  /** Why the response is malformed. */
  reason = ''
  /** Bytes after the end of the response. */
  trailingBytes = 0

  readonly #sink: ResponseSink
  /** The part of the head or trailers that has arrived. */
  #lines: Buffer[] = []
  #lineBytes = 0
  /** Whether the line being read is empty so far. */
  #emptyLine: 'maybe' | 'but-cr' | 'no' = 'maybe'
  #remaining = 0
  #sizePart: 'digits' | 'extension' | 'lf' = 'digits'
  #sizeDigits = 0
  /** What follows the size in its line. */
  #extension = ''
  #tolerated: Set<string> | undefined
  #sawCr = false

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

  /** Call when the peer has sent a FIN. Returns whether the response is complete. */
  end(): boolean {
    if (this.state === 'until-close') this.state = 'done'
    return this.state === 'done'
  }

  #fail(reason: string, at: number): number {
    this.state = 'malformed'
    this.reason = reason
    return at
  }

  /** Chunk framing requires CR LF (RFC 9112, section 7.1). A bare LF breaks other clients, so it is an error. */
  #readSize(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number
      if (++this.#lineBytes > maxHeadBytes) return this.#fail('chunk-size line too long', end)
      if (this.#sizePart === 'lf') {
        if (byte !== LF) return this.#fail('chunk-size line does not end in CR LF', end)
        this.#sizeRead()
        return at + 1
      }
      if (byte === CR && this.#sizeDigits > 0) {
        if (this.#extension !== '' && !this.#checkExtension()) return this.#fail('bad chunk extension', end)
        this.#sizePart = 'lf'
      } else if (byte === LF) return this.#fail('chunk-size line does not end in CR LF', end)
      else if (this.#sizePart === 'extension') this.#extension += String.fromCharCode(byte)
      else if (!this.#addDigit(byte)) {
        if (this.#sizeDigits === 0 || !extensionStart.has(byte))
          return this.#fail('chunk size is not a hexadecimal number', end)
        this.#sizePart = 'extension'
        this.#extension = String.fromCharCode(byte)
      }
    }
    return end
  }

  #tolerate(what: string): void {
    this.#tolerated ??= new Set()
    if (this.#tolerated.has(what)) return
    this.#tolerated.add(what)
    this.#sink.onTolerated(what)
  }

  /** Returns whether the extension is well-formed. */
  #checkExtension(): boolean {
    const reading = readChunkExtension(this.#extension)
    if (reading === 'blank') this.#tolerate('a blank after a chunk size or in its extension')
    this.#extension = ''
    return reading !== 'invalid'
  }

  #addDigit(byte: number): boolean {
    const digit = hexDigit(byte)
    if (digit < 0 || this.#remaining >= 16 ** (maxSizeDigits - 1)) return false
    this.#remaining = this.#remaining * 16 + digit
    this.#sizeDigits++
    return true
  }

  #sizeRead(): void {
    this.state = this.#remaining === 0 ? 'trailers' : 'chunk'
    this.#sizePart = 'digits'
    this.#sizeDigits = 0
    this.#lineBytes = 0
  }

  #readChunkEnd(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number
    if (byte !== (this.#sawCr ? LF : CR)) return this.#fail('chunk is longer than its size', at + 1)
    if (this.#sawCr) this.state = 'size'
    this.#sawCr = !this.#sawCr
    return at + 1
  }

  /** Collects lines until the empty line that ends a head or the trailers. */
  #readLines(bytes: Buffer, from: number, end: number): number {
    let empty = this.#emptyLine
    let at = from
    while (at < end) {
      const byte = bytes[at++] as number
      if (byte === LF && empty !== 'no' && this.#lineBytes + at - from <= maxHeadBytes) {
        this.#emptyLine = 'maybe'
        const text = Buffer.concat([...this.#lines, bytes.subarray(from, at)]).toString('latin1')
        this.#lines = []
        this.#lineBytes = 0
        if (this.state === 'head') this.#readHead(text)
        else this.#readTrailers(text)
        return at
      }
      empty = byte === LF ? 'maybe' : byte === CR && empty === 'maybe' ? 'but-cr' : 'no'
    }
    this.#emptyLine = empty
    this.#lineBytes += end - from
    if (this.#lineBytes > maxHeadBytes) return this.#fail(`${this.state} above ${maxHeadBytes} bytes`, end)
    this.#lines.push(Buffer.from(bytes.subarray(from, end)))
    return end
  }

  #readTrailers(text: string): void {
    const trailers = parseFields(text)
    if (typeof trailers === 'string') {
      this.#fail(trailers, 0)
      return
    }
    // Clients that read trailers as headers see both Transfer-Encoding and Content-Length.
    if (trailers.values.has('content-length')) {
      this.#fail('Content-Length in the trailers', 0)
      return
    }
    for (const what of trailers.tolerated) this.#tolerate(what)
    this.state = 'done'
  }

  #readHead(text: string): void {
    const head = parseResponseHead(text)
    if (typeof head === 'string') {
      this.#fail(head, 0)
      return
    }
    const { status, headers, body, tolerated } = head
    for (const what of tolerated) this.#tolerate(what)
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
