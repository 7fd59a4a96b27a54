import { Buffer } from 'node:buffer'

const QUOTE = 34
const ZERO = 48
const BACKSLASH = 92
/** Bytes from which on the runtime's own comparison, that costs 0.1 us to call, is the cheaper one. */
const leastForNative = 64
const sequenceMember = '"sequence_number":'

/**
 * What all deltas of one block have in common, learned from one of them: its JSON but for the text, and for a sequence
 * number before it that rises by one. An event that fits says the same with another text, so its JSON need not be parsed.
 */
export class DeltaTemplate {
  readonly #type: string
  /** The bytes before the sequence number, between it and the text, and after the text, joined. */
  readonly #bytes: Buffer
  /** Where the first of the three ends; all before the text where there is no number. */
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
   * Learns from an event's data and the text that was read in it, by `textOf`; undefined where another text in its place would not
   * be what is read then.
   */
  static learn(
    type: string,
    data: string,
    text: string,
    textOf: (data: string) => string | undefined,
  ): DeltaTemplate | undefined {
    const written = JSON.stringify(text)
    const at = data.lastIndexOf(written)
    if (at < 0 || data.indexOf(written) !== at) return undefined
    const other = `${text}?`
    if (textOf(data.slice(0, at) + JSON.stringify(other) + data.slice(at + written.length)) !== other) return undefined
    const opening = data.slice(0, at + 1)
    const closing = data.slice(at + written.length - 1)
    const numberAt = opening.indexOf(sequenceMember) + sequenceMember.length
    if (opening.includes(sequenceMember, numberAt)) return undefined
    if (numberAt < sequenceMember.length) {
      // One after the text is followed by those who parse.
      if (closing.includes(sequenceMember)) return undefined
      return new DeltaTemplate(type, opening, undefined, closing)
    }
    const digits = /^\d{1,9}/.exec(opening.slice(numberAt))?.[0]
    if (digits === undefined) return undefined
    const middle = opening.slice(numberAt + digits.length)
    return new DeltaTemplate(type, opening.slice(0, numberAt), { number: Number(digits), middle }, closing)
  }

  /** The text of an event that fits, else undefined: then it has to be parsed, and another template learned. */
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

  /** Whether the template's bytes `first` to below `last` stand at `at`. */
  #isAt(bytes: Buffer, at: number, end: number, first: number, last: number): boolean {
    const length = last - first
    if (end - at < length) return false
    if (length >= leastForNative) return bytes.compare(this.#bytes, first, last, at, at + length) === 0
    for (let i = 0; i < length; i++) if (bytes[at + i] !== this.#bytes[first + i]) return false
    return true
  }
}

/** A JSON string's text; one with escapes is left to who parses, and so is what is no string. */
function textOf(bytes: Buffer, from: number, to: number): string | undefined {
  let isAscii = true
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE || byte === BACKSLASH || byte < 32) return undefined
    if (byte > 127) isAscii = false
  }
  return isAscii ? bytes.toString('latin1', from, to) : bytes.toString('utf8', from, to)
}
