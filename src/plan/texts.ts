import { mixSeed } from '../base/random.ts'
import type { PlanKey } from './key.ts'
import { awkwardPiece, plainWord } from './words.ts'

/** What sets one delta's text apart from the next; no word has it. */
export const mark = '~'

/** Characters of a stamp: seconds and microseconds of the monotonic clock, as `0012345.678901`. */
export const stampLength = 14

const DOT = 46
const ZERO = 48
const LETTER_A = 97

/**
 * One delta's text is `head`, a stamp (the instant at which the mock emitted it), `payload`. The head is
 * `~stream.delta.hash.`, where the hash (8 hexadecimal digits) rolls over all deltas so far.
 */
export interface PlannedText {
  readonly head: string
  readonly payload: string
}

/** Walks over the texts of a stream's deltas: a pure function of seed and stream, so that any process computes the same. */
export class PlanTexts {
  /** The delta whose text is `text()`. */
  delta = 0
  readonly #stream: number
  readonly #isAwkward: boolean
  readonly #start: string
  #hash: number

  constructor({ seed, stream, content }: Pick<PlanKey, 'seed' | 'stream' | 'content'>) {
    this.#stream = stream
    this.#isAwkward = content === 'awkward'
    this.#start = `${mark}${stream}.`
    this.#hash = mixSeed(mixSeed(seed, stream), 0)
  }

  /** The text of the delta at hand. */
  text(): PlannedText {
    return { head: `${this.#start}${this.delta}.${hexOf(this.#hash)}.`, payload: this.payload() }
  }

  /** What comes after the stamp in the text of the delta at hand. */
  payload(): string {
    return this.#isAwkward ? awkwardPiece(this.#hash) : plainWord(this.#hash)
  }

  /**
   * Where the head of the delta at hand ends that stands at `at` in a text; -1 where it does not stand there. Compares
   * without making the head: a text that is joined of pieces is copied as soon as it is compared, which costs 2 us a delta.
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

  /** Goes on to the next delta. */
  advance(): void {
    this.delta++
    this.#hash = mixSeed(this.#hash ^ this.#stream, this.delta)
  }
}

/** The texts of deltas `from` to below `to`, as emitted at instants (in ns) that `nowNs` gives. */
export function* stampedTexts(
  key: Pick<PlanKey, 'seed' | 'stream' | 'content'>,
  chunks: number,
  nowNs: () => number,
): Generator<string> {
  const texts = new PlanTexts(key)
  for (; texts.delta < chunks; texts.advance()) {
    const { head, payload } = texts.text()
    yield head + stampOf(nowNs()) + payload
  }
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Four looks in a table: `toString(16)` of a number beyond 31 bits costs ten times as much. */
function hexOf(hash: number): string {
  const at = (shift: number) => hexBytes[(hash >>> shift) & 255] as string
  return at(24) + at(16) + at(8) + at(0)
}

let stampedSecond = -1
let secondText = ''

/** An instant of the monotonic clock, in ns, as a stamp. */
export function stampOf(ns: number): string {
  const us = Math.floor(ns / 1000)
  const second = Math.floor(us / 1e6)
  if (second !== stampedSecond) {
    stampedSecond = second
    secondText = String(second).padStart(7, '0')
  }
  return `${secondText}.${String(1e6 + us - second * 1e6).slice(1)}`
}

/** The instant of a stamp that lies at `at` in a text, in us; undefined where none is there. */
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
