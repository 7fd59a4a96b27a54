import { Buffer } from 'node:buffer'
import { mixSeed } from '../base/random.ts'
import type { TextKey } from './key.ts'

/** Marks the start of the text of each delta; no word contains it. */
export const mark = '~'

/** Length of a stamp in characters: seconds and microseconds of the monotonic clock, as in `0012345.678901`. */
export const stampLength = 14

const DOT = 46
const ZERO = 48
const LETTER_A = 97

/**
 * The text of a delta is `head`, a stamp (when the mock sent it) and `payload`. The head is
 * `~stream.delta.hash.`; the hash (8 hexadecimal digits) covers all deltas so far.
 */
export interface PlannedText {
  readonly head: string
  readonly payload: string
}

/** Iterates over the texts of the deltas of a stream: a pure function of seed and stream, the same in every process. */
export class PlanTexts {
  /** The number of the current delta. */
  delta = 0
  readonly #stream: number
  readonly #isAwkward: boolean
  readonly #bytes: number
  readonly #start: string
  #hash: number

  constructor({ seed, stream, content, deltaBytes = 0 }: TextKey) {
    this.#stream = stream
    this.#isAwkward = content === 'awkward'
    this.#bytes = deltaBytes
    this.#start = `${mark}${stream}.`
    this.#hash = mixSeed(mixSeed(seed, stream), 0)
  }

  /** The text of the current delta. */
  text(): PlannedText {
    return { head: `${this.#start}${this.delta}.${hexOf(this.#hash)}.`, payload: this.payload() }
  }

  /** The text of the current delta after its stamp. */
  payload(): string {
    const piece = this.#isAwkward ? awkwardPiece(this.#hash) : plainWord(this.#hash)
    return this.#bytes === 0 ? piece : padded(piece, this.#bytes - this.#headLength() - stampLength)
  }

  /** Length of the head of the current delta: its start, its number and its hash, with their dots. */
  #headLength(): number {
    return this.#start.length + `${this.delta}`.length + 10
  }

  /**
   * The end of the head of the current delta, if the head is at `at` in a text; otherwise -1. Compares without creating the
   * head: comparing strings copies a text that was joined from pieces, which costs 2 us per delta.
   */
  endOfHead(text: string, at: number): number {
    const start = this.#start
    let next = at
    for (let i = 0; i < start.length; i++) if (text.charCodeAt(next++) !== start.charCodeAt(i)) return -1
    let unit = 1
    while (unit * 10 <= this.delta) unit *= 10
    for (; unit >= 1; unit /= 10) {
      if (text.charCodeAt(next++) !== ZERO + (Math.floor(this.delta / unit) % 10)) return -1
    }
    if (text.charCodeAt(next++) !== DOT) return -1
    for (let shift = 28; shift >= 0; shift -= 4) {
      const digit = (this.#hash >>> shift) & 15
      if (text.charCodeAt(next++) !== (digit < 10 ? ZERO : LETTER_A - 10) + digit) return -1
    }
    return text.charCodeAt(next) === DOT ? next + 1 : -1
  }

  /** Advances to the next delta. */
  advance(): void {
    this.delta++
    this.#hash = mixSeed(this.#hash ^ this.#stream, this.delta)
  }
}

/** The texts of a plan from `delta` on. Each hash depends on the previous one, so the texts before it are computed too. */
export function textsFrom(key: TextKey, delta: number): PlanTexts {
  const texts = new PlanTexts(key)
  while (texts.delta < delta) texts.advance()
  return texts
}

/** The texts of deltas `from` to below `chunks`, each stamped with the time (in ns) that `nowNs` returns. */
export function* stampedTexts(key: TextKey, chunks: number, nowNs: () => number, from = 0): Generator<string> {
  const texts = textsFrom(key, from)
  for (; texts.delta < chunks; texts.advance()) {
    const { head, payload } = texts.text()
    yield head + stampOf(nowNs()) + payload
  }
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Uses a table: `toString(16)` of a number above 31 bits costs ten times as much. */
function hexOf(hash: number): string {
  const at = (shift: number) => hexBytes[(hash >>> shift) & 255] as string
  return at(24) + at(16) + at(8) + at(0)
}

let stampedSecond = -1
let secondText = ''

/** Formats a time of the monotonic clock, in ns, as a stamp. */
export function stampOf(ns: number): string {
  const us = Math.floor(ns / 1000)
  const second = Math.floor(us / 1e6)
  if (second !== stampedSecond) {
    stampedSecond = second
    secondText = String(second).padStart(7, '0')
  }
  return `${secondText}.${String(1e6 + us - second * 1e6).slice(1)}`
}

/** Reads the stamp at `at` in a text, in us; undefined if there is no stamp. */
export function readStampUs(text: string, at: number): number | undefined {
  let us = 0
  for (let i = at; i < at + stampLength; i++) {
    const code = text.charCodeAt(i)
    if (i === at + 7) {
      if (code !== 46) return undefined
    } else if (code >= 48 && code <= 57) us = us * 10 + code - 48
    else return undefined
  }
  return us
}

/** Plain words, each surrounded by spaces, so that the result reads like text. */
const words =
  'stream delta token chunk event gateway mock prompt answer model buffer socket window packet frame round river stone cloud light paper copper silver garden window harbour signal north'
    .split(' ')
    .map((text) => ` ${text} `)

/** The plain word for a hash. */
function plainWord(hash: number): string {
  return words[hash % words.length] as string
}

/** What fills a text up to its size. */
const padding = `${words.join('').replaceAll('  ', ' ').repeat(400)}`.slice(0, 65_536)

/** A text with padding, of this many bytes; a longer text as it is. */
function padded(text: string, bytes: number): string {
  const missing = bytes - Buffer.byteLength(text)
  return missing > 0 ? text + padding.slice(0, missing) : text
}

/** Texts that break receivers that split at bytes, UTF-16 units or lines, or that mistake content for protocol. */
const awkward = [
  ' é ß ñ ø ',
  ' 日本語 한국어 ',
  ' 😀🎉🧪 ',
  ' 👩‍👩‍👧‍👦 🏳️‍🌈 ',
  ' a\u2028b\u2029c ',
  '\n\n',
  '\r\n\r\n',
  '\ndata: [DONE]\n\n',
  ' [DONE] ',
  'event: error\ndata: {"error":{"message":"none"}}\n\n',
  ' "quoted" \\ and \\u0041 \\n ',
  '\t\b\f\u0001\u001f ',
  ' </script><img src=x onerror=alert(1)> ',
  ' {"type":"message_stop"} ',
  ' : comment? ',
  '\u0301\u200d\u200b\ufeff ',
  ' =1+1;"|`$(id)` ',
  ' \u202eabc\u202c ',
] as const

/** 64 KiB of characters with one to four bytes. */
const large = 'x é 語 😀 '.repeat(4682)

/** One awkward delta in this many is large. */
const largeEvery = 64

/** The awkward text for a hash. */
function awkwardPiece(hash: number): string {
  if ((hash >>> 8) % largeEvery === 0) return large
  return awkward[hash % awkward.length] as string
}
