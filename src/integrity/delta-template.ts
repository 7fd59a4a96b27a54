import { Buffer } from 'node:buffer'

const QUOTE = 34
const ZERO = 48
const BACKSLASH = 92
/** Length in bytes from which the native comparison is faster: each call of it costs 0.1 us. */
const leastForNative = 64
/** Maximum length in characters of what a template keeps: each stream has one. */
const maxLength = 4096
const sequenceMember = '"sequence_number":'

/**
 * The bytes that all deltas of one block share, learned from one of them: its JSON except for the text, and except for a
 * sequence number before the text that increases by one. An event that matches needs no JSON parsing.
 */
export class DeltaTemplate {
  readonly #type: string
  /** Three parts, joined: the bytes before the sequence number, between it and the text, and after the text. */
  readonly #bytes: Buffer
  /** The end of the first of the three parts; without a number, the start of the text. */
  readonly #openingEnd: number
  readonly #middleEnd: number
  readonly #isNumbered: boolean
  #sequence: number

  private constructor(
    type: string,
    opening: string,
    numbered: { number: number; middle: string } | undefined,
    closing: string,
  ) {
    const middle = numbered?.middle ?? ''
    this.#type = type
    this.#bytes = Buffer.from(opening + middle + closing)
    this.#openingEnd = Buffer.byteLength(opening)
    this.#middleEnd = this.#openingEnd + Buffer.byteLength(middle)
    this.#isNumbered = numbered !== undefined
    this.#sequence = numbered?.number ?? 0
  }

  /**
   * Learns a template from the data of an event and the text that `textOf` read from it. Undefined if `textOf` would not read a
   * different text from the same place.
   */
  static learn(
    type: string,
    data: string,
    text: string,
    textOf: (data: string) => string | undefined,
  ): DeltaTemplate | undefined {
    const written = JSON.stringify(text)
    if (type.length + data.length - written.length > maxLength) return undefined
    const at = data.lastIndexOf(written)
    if (at < 0 || data.indexOf(written) !== at) return undefined
    const changed = `${text}?`
    if (textOf(data.slice(0, at) + JSON.stringify(changed) + data.slice(at + written.length)) !== changed)
      return undefined
    const opening = data.slice(0, at + 1)
    const closing = data.slice(at + written.length - 1)
    const numberAt = opening.indexOf(sequenceMember) + sequenceMember.length
    if (opening.includes(sequenceMember, numberAt)) return undefined
    if (numberAt < sequenceMember.length) {
      // Events with a number after the text are always parsed.
      if (closing.includes(sequenceMember)) return undefined
      return new DeltaTemplate(type, opening, undefined, closing)
    }
    const digits = /^\d{1,9}/.exec(opening.slice(numberAt))?.[0]
    if (digits === undefined) return undefined
    const middle = opening.slice(numberAt + digits.length)
    return new DeltaTemplate(type, opening.slice(0, numberAt), { number: Number(digits), middle }, closing)
  }

  /** The text of an event that matches; otherwise undefined, and the event must be parsed and another template learned. */
  match(type: string, bytes: Buffer, start: number, end: number): string | undefined {
    if (type !== this.#type || !this.#isAt(bytes, start, end, 0, this.#openingEnd)) return undefined
    let from = start + this.#openingEnd
    if (this.#isNumbered) {
      const numberAt = from
      let number = 0
      while (from < end && from < numberAt + 9) {
        const digit = (bytes[from] as number) - ZERO
        if (digit < 0 || digit > 9) break
        number = number * 10 + digit
        from++
      }
      const isPadded = bytes[numberAt] === ZERO && from > numberAt + 1
      if (isPadded || number !== this.#sequence + 1) return undefined
      if (!this.#isAt(bytes, from, end, this.#openingEnd, this.#middleEnd)) return undefined
      from += this.#middleEnd - this.#openingEnd
    }
    const to = end - (this.#bytes.length - this.#middleEnd)
    if (to <= from || !this.#isAt(bytes, to, end, this.#middleEnd, this.#bytes.length)) return undefined
    const text = textOf(bytes, from, to)
    if (text !== undefined) this.#sequence++
    return text
  }

  /** Whether bytes `[first..last)` of the template are at `at`. */
  #isAt(bytes: Buffer, at: number, end: number, first: number, last: number): boolean {
    const length = last - first
    if (end - at < length) return false
    if (length >= leastForNative) return bytes.compare(this.#bytes, first, last, at, at + length) === 0
    for (let i = 0; i < length; i++) if (bytes[at + i] !== this.#bytes[first + i]) return false
    return true
  }
}

/** The text of a JSON string without escapes; undefined if it has escapes, or if the bytes are not the inside of a string. */
function textOf(bytes: Buffer, from: number, to: number): string | undefined {
  let isAscii = true
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE || byte === BACKSLASH || byte < 32) return undefined
    if (byte > 127) isAscii = false
  }
  return isAscii ? bytes.toString('latin1', from, to) : bytes.toString('utf8', from, to)
}
