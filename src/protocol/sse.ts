import { Buffer } from 'node:buffer'
import {
  defaultMaxEventBytes,
  type ExceededLimit,
  type MemoryBudget,
  rememberedNameBytes,
  reusedBytes,
  textBytesPerByte,
  unlimitedBudget,
} from './memory-budget.ts'
import { afterBom, COLON, data, endOfName, event, fields, id, matches, retry } from './sse-line.ts'

/** Receives the events of one stream. The data is `bytes[start..end)` in UTF-8, and only valid during the call. */
type SseEventHandler = (type: string, bytes: Buffer, start: number, end: number) => void

const LF = 10
const CR = 13
const SPACE = 32
const empty = Buffer.alloc(0)

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
  /** The limit that the stream exceeded, if any. The rest of it is then not read. */
  exceeded: ExceededLimit | undefined
  /** Memory of the buffers and texts that outlive a read, in bytes. */
  keptBytes = 0

  readonly #onEvent: SseEventHandler
  readonly #maxEventBytes: number
  readonly #budget: MemoryBudget

  /** Whether the stream is read no further. */
  #isClosed = false
  #atStart = true
  #skipLf = false
  /** A line whose end has not arrived yet. */
  #partial: Buffer = empty
  #partialLength = 0
  /** The fields of an event whose blank line has not arrived yet. */
  #type = ''
  #id = ''
  /** Memory of the pending name, of the pending id, and of the id in effect. */
  #typeMemory = 0
  #idMemory = 0
  #lastIdMemory = 0
  #hasData = false
  #data: Buffer = empty
  #dataStart = 0
  #dataEnd = 0
  #dataIsOwn = true
  /** The bytes of the last type, so that a repeated name is not decoded again. */
  #typeBytes: Buffer = empty
  #typeText = ''

  constructor(onEvent: SseEventHandler, maxEventBytes = defaultMaxEventBytes, budget = unlimitedBudget()) {
    this.#onEvent = onEvent
    this.#maxEventBytes = maxEventBytes
    this.#budget = budget
  }

  /** Whether the stream exceeded a limit. */
  get overflowed(): boolean {
    return this.exceeded !== undefined
  }

  /** Frees all memory. The rest of the stream is not read. */
  close(): void {
    this.#isClosed = true
    this.#partial = empty
    this.#partialLength = 0
    this.#type = ''
    this.#id = ''
    this.lastEventId = ''
    this.#hasData = false
    this.#data = empty
    this.#keep(-this.keptBytes)
  }

  /** Parses `chunk[start..end)`; the bytes are not used after the call. */
  push(chunk: Buffer, start = 0, end = chunk.length): void {
    let at = start
    if (this.#skipLf && at < end) {
      this.#skipLf = false
      if (chunk[at] === LF) at++
    }
    let lineStart = at
    while (!this.#isClosed) {
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
        if (this.#isClosed) return
        this.#partialLine()
      }
      at++
      if (byte === CR) {
        if (at === end) this.#skipLf = true
        else if (chunk[at] === LF) at++
      }
      lineStart = at
    }
    if (this.#isClosed) return
    if (lineStart < end) this.#keepPartial(chunk, lineStart, end)
    if (this.#hasData && !this.#dataIsOwn) this.#ownData()
  }

  /** Reads the line that is now complete. Its buffer is only kept if it is small, as the next line may be. */
  #partialLine(): void {
    const [line, length] = [this.#partial, this.#partialLength]
    this.#partialLength = 0
    if (line.length > reusedBytes) {
      this.#partial = empty
      this.#keep(-line.length)
    }
    this.#line(line, 0, length)
    if (!this.#dataIsOwn && this.#hasData) this.#ownData()
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
    if (!this.#fits(to - from)) return
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
    else if (matches(id, bytes, start, colon)) this.#setId(bytes, value, to)
    else if (matches(retry, bytes, start, colon)) {
      const digits = bytes.toString('latin1', value, to)
      if (/^[0-9]+$/.test(digits)) this.retryMs = Number(digits)
    }
  }

  #dispatch(): void {
    const type = this.#type
    this.#type = ''
    if (this.#typeMemory + this.#idMemory > 0) this.#settleNames()
    if (!this.#hasData) return
    this.#hasData = false
    const bytes = this.#data
    if (this.#dataIsOwn) {
      this.#data = empty
      this.#keep(-bytes.length)
    }
    this.#onEvent(type === '' ? 'message' : type, bytes, this.#dataStart, this.#dataEnd)
  }

  /** At a blank line, the name is used up, and the pending id takes effect. */
  #settleNames(): void {
    this.#keep(-this.#typeMemory)
    this.#typeMemory = 0
    if (this.#idMemory === 0) return
    this.#keep(-this.#lastIdMemory)
    this.lastEventId = this.#id
    this.#lastIdMemory = this.#idMemory
    this.#idMemory = 0
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
    this.#data = this.#withRoom(this.#data, this.#dataEnd, length)
    if (this.#isClosed) return
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
    this.#keep(this.#data.length)
  }

  #keepPartial(chunk: Buffer, from: number, to: number): void {
    const length = this.#partialLength + to - from
    if (!this.#fits(length)) return
    this.#partial = this.#withRoom(this.#partial, this.#partialLength, length)
    if (this.#isClosed) return
    chunk.copy(this.#partial, this.#partialLength, from, to)
    this.#partialLength = length
  }

  #typeOf(bytes: Buffer, from: number, to: number): string {
    if (this.#typeMemory > 0) this.#keep(-this.#typeMemory)
    this.#typeMemory = 0
    if (matches(this.#typeBytes, bytes, from, to)) return this.#typeText
    if (to - from > rememberedNameBytes) {
      this.#typeMemory = (to - from) * textBytesPerByte
      this.#keep(this.#typeMemory)
      return bytes.toString('utf8', from, to)
    }
    this.#typeBytes = Buffer.from(bytes.subarray(from, to))
    this.#typeText = this.#typeBytes.toString()
    return this.#typeText
  }

  #setId(bytes: Buffer, from: number, to: number): void {
    if (bytes.subarray(from, to).indexOf(0) >= 0) return
    this.#keep(-this.#idMemory)
    this.#id = bytes.toString('utf8', from, to)
    // Never 0, which means that no id is pending.
    this.#idMemory = 1 + (to - from) * textBytesPerByte
    this.#keep(this.#idMemory)
  }

  /** Whether a line of this length fits into the stream's limit, with the rest of what the stream keeps. */
  #fits(lineLength: number): boolean {
    const names = this.#typeMemory + this.#idMemory + this.#lastIdMemory
    const kept = names + (this.#hasData ? this.#dataEnd - this.#dataStart : 0)
    if (lineLength + kept <= this.#maxEventBytes) return true
    this.#exceed('stream')
    return false
  }

  #exceed(limit: ExceededLimit): void {
    this.exceeded ??= limit
    this.close()
  }

  #keep(bytes: number): void {
    this.keptBytes += bytes
    this.#budget.usedBytes += bytes
    if (bytes > 0 && this.#budget.usedBytes > this.#budget.limitBytes) this.#exceed('run')
  }

  /**
   * A buffer with the first `used` bytes of this one and room for `length` bytes. Doubles its size, so that growth is linear, but
   * leaves room for the rest of what the stream keeps.
   */
  #withRoom(buffer: Buffer, used: number, length: number): Buffer {
    if (length <= buffer.length) return buffer
    const room = this.#maxEventBytes - this.keptBytes + buffer.length
    if (length > room && buffer !== this.#data) this.#trimData()
    const size = Math.max(length, Math.min(buffer.length * 2, room), 256)
    this.#keep(size - buffer.length)
    if (this.#isClosed) return empty
    const grown = Buffer.allocUnsafe(size)
    buffer.copy(grown, 0, 0, used)
    return grown
  }

  #trimData(): void {
    if (!this.#hasData || !this.#dataIsOwn) return
    this.#keep(this.#dataEnd - this.#data.length)
    this.#data = Buffer.from(this.#data.subarray(0, this.#dataEnd))
  }
}
