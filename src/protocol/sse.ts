import { Buffer } from 'node:buffer'

/** Receives the events of one stream. The data is `bytes[start..end)` in UTF-8, and only valid during the call. */
type SseEventHandler = (type: string, bytes: Buffer, start: number, end: number) => void

/** Maximum size in bytes of one line, and of all `data` lines of one event. Above it, the parser stops reading the stream. */
export const defaultMaxEventBytes = 8 * 1024 * 1024

const LF = 10
const CR = 13
const COLON = 58
const SPACE = 32
const empty = Buffer.alloc(0)
const data = Buffer.from('data')
const event = Buffer.from('event')
const id = Buffer.from('id')
const retry = Buffer.from('retry')
const fields = [data, event, id, retry]

/**
 * Parses Server-Sent Events from bytes that are split anywhere (WHATWG HTML, section 9.2.6, "Interpreting an event stream").
 * Copies only a line or an event that spans two reads, and an event with several data lines.
 */
export class SseParser {
  /** Comments so far. They show that the sender is alive, not that the stream makes progress. */
  comments = 0
  /** The `lastEventId` of an EventSource: the `id` in effect at the last blank line. */
  lastEventId = ''
  /** The last valid `retry` field, in ms. */
  retryMs: number | undefined
  /** Whether a line or an event exceeded `maxEventBytes`. The rest of the stream is then not read. */
  overflowed = false

  readonly #onEvent: SseEventHandler
  readonly #maxEventBytes: number
  #atStart = true
  #skipLf = false
  /** A line whose end has not arrived yet. */
  #partial: Buffer = empty
  #partialLength = 0
  /** The fields of an event whose blank line has not arrived yet. */
  #type = ''
  #id = ''
  #hasData = false
  #data: Buffer = empty
  #dataStart = 0
  #dataEnd = 0
  #dataIsOwn = true
  /** The bytes of the last type, so that a repeated name is not decoded again. */
  #typeBytes: Buffer = empty
  #typeText = ''

  constructor(onEvent: SseEventHandler, maxEventBytes = defaultMaxEventBytes) {
    this.#onEvent = onEvent
    this.#maxEventBytes = maxEventBytes
  }

  /** Parses `chunk[start..end)`; the bytes are not used after the call. */
  push(chunk: Buffer, start = 0, end = chunk.length): void {
    let at = start
    if (this.#skipLf && at < end) {
      this.#skipLf = false
      if (chunk[at] === LF) at++
    }
    let lineStart = at
    while (!this.overflowed) {
      let byte = 0
      while (at < end) {
        byte = chunk[at] as number
        if (byte === LF || byte === CR) break
        at++
      }
      if (at === end) break
      if (this.#partialLength === 0) this.#line(chunk, lineStart, at)
      else {
        this.#keepPartial(chunk, lineStart, at)
        if (this.overflowed) return
        const length = this.#partialLength
        this.#partialLength = 0
        this.#line(this.#partial, 0, length)
        if (!this.#dataIsOwn && this.#hasData) this.#ownData()
      }
      at++
      if (byte === CR) {
        if (at === end) this.#skipLf = true
        else if (chunk[at] === LF) at++
      }
      lineStart = at
    }
    if (this.overflowed) return
    if (lineStart < end) this.#keepPartial(chunk, lineStart, end)
    if (this.#hasData && !this.#dataIsOwn) this.#ownData()
  }

  /** Ends the stream. Returns true if it ends inside an event, which is discarded as the standard requires. */
  end(): boolean {
    return this.overflowed || this.#hasData || this.#type !== '' || this.#cutInField()
  }

  /** Whether the unfinished line belongs to an event: it is, or could become, a known field. */
  #cutInField(): boolean {
    const bytes = this.#partial
    const to = this.#partialLength
    const start = this.#atStart ? afterBom(bytes, 0, to) : 0
    const colon = endOfName(bytes, start, to)
    if (colon === start) return false
    return fields.some((name) => matches(colon === to ? name.subarray(0, to - start) : name, bytes, start, colon))
  }

  #line(bytes: Buffer, from: number, to: number): void {
    if (to - from > this.#maxEventBytes) {
      this.overflowed = true
      return
    }
    const start = this.#atStart ? afterBom(bytes, from, to) : from
    this.#atStart = false
    if (start === to) {
      this.#dispatch()
      return
    }
    if (bytes[start] === COLON) {
      this.comments++
      return
    }
    const colon = endOfName(bytes, start, to)
    let value = colon === to ? to : colon + 1
    if (value < to && bytes[value] === SPACE) value++
    if (matches(data, bytes, start, colon)) this.#addData(bytes, value, to)
    else if (matches(event, bytes, start, colon)) this.#type = this.#typeOf(bytes, value, to)
    else if (matches(id, bytes, start, colon)) {
      if (bytes.subarray(value, to).indexOf(0) < 0) this.#id = bytes.toString('utf8', value, to)
    } else if (matches(retry, bytes, start, colon)) {
      const digits = bytes.toString('latin1', value, to)
      if (/^[0-9]+$/.test(digits)) this.retryMs = Number(digits)
    }
  }

  #dispatch(): void {
    const type = this.#type
    this.#type = ''
    this.lastEventId = this.#id
    if (!this.#hasData) return
    this.#hasData = false
    this.#onEvent(type === '' ? 'message' : type, this.#data, this.#dataStart, this.#dataEnd)
  }

  #addData(bytes: Buffer, from: number, to: number): void {
    if (!this.#hasData) {
      this.#hasData = true
      this.#data = bytes
      this.#dataStart = from
      this.#dataEnd = to
      this.#dataIsOwn = false
      return
    }
    if (!this.#dataIsOwn) this.#ownData()
    const length = this.#dataEnd + 1 + to - from
    if (length > this.#maxEventBytes) {
      this.overflowed = true
      return
    }
    this.#data = withRoom(this.#data, this.#dataEnd, length)
    this.#data[this.#dataEnd] = LF
    bytes.copy(this.#data, this.#dataEnd + 1, from, to)
    this.#dataEnd = length
  }

  /** Copies the data out of the current read before its bytes become invalid. */
  #ownData(): void {
    this.#data = Buffer.from(this.#data.subarray(this.#dataStart, this.#dataEnd))
    this.#dataEnd -= this.#dataStart
    this.#dataStart = 0
    this.#dataIsOwn = true
  }

  #keepPartial(chunk: Buffer, from: number, to: number): void {
    const length = this.#partialLength + to - from
    if (length > this.#maxEventBytes) {
      this.overflowed = true
      return
    }
    this.#partial = withRoom(this.#partial, this.#partialLength, length)
    chunk.copy(this.#partial, this.#partialLength, from, to)
    this.#partialLength = length
  }

  #typeOf(bytes: Buffer, from: number, to: number): string {
    if (matches(this.#typeBytes, bytes, from, to)) return this.#typeText
    this.#typeBytes = Buffer.from(bytes.subarray(from, to))
    this.#typeText = this.#typeBytes.toString()
    return this.#typeText
  }
}

/** The start of the text, after a byte order mark if there is one. */
function afterBom(bytes: Buffer, from: number, to: number): number {
  const marked = to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
  return marked ? from + 3 : from
}

function endOfName(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== COLON) at++
  return at
}

function matches(name: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
  return true
}

/** A buffer with the first `used` bytes of this one and room for `length` bytes. Doubles its size, so that growth is linear. */
function withRoom(buffer: Buffer, used: number, length: number): Buffer {
  if (length <= buffer.length) return buffer
  const grown = Buffer.allocUnsafe(Math.max(length, buffer.length * 2, 256))
  buffer.copy(grown, 0, 0, used)
  return grown
}
