import type { RuleId } from '../grammar/rules.ts'
import type { TextKey } from '../plan/key.ts'
import { mark, type PlannedText, type PlanTexts, readStampUs, stampLength, textsFrom } from '../plan/texts.ts'

/** Receives the results of a comparison with a plan. */
export interface PlanListener {
  /** A difference from the plan: its rule, the planned delta, what was planned and what arrived. */
  onMismatch(rule: RuleId, delta: number, expected: string, got: string): void
  /** When the mock sent a delta that arrived complete and in order, in us. */
  onStamp(us: number): void
}

/** What to compare, and with which deltas of the plan. */
interface TextVerifierOptions {
  readonly key: TextKey
  /** The text consists of deltas `from` to below `to`; `to` is undefined if the number of deltas is not known. */
  readonly from: number
  readonly to: number | undefined
  readonly listener: PlanListener
}

/** Maximum length of text that matches no plan, in characters. Longer text is reported and dropped. */
const maxStray = 256 * 1024

/** Maximum number of missing deltas that are tracked individually. */
const maxMissing = 10_000

const stamped = /^~(\d{1,10})\.(\d{1,7})\.[0-9a-f]{8}\.\d{7}\.\d{6}(.*)$/s

/**
 * Compares the text of a stream's deltas with its plan, however it was joined and split. Text that follows the plan is not
 * kept. A difference is reported, and the comparison continues at the next delta that can be identified.
 */
export class TextVerifier {
  readonly #options: TextVerifierOptions
  readonly #plan: PlanTexts
  readonly #to: number
  #expected: PlannedText | undefined
  /** Text that is not a complete delta so far. */
  #pending = ''
  /** Deltas that later ones have overtaken. Deltas of a broken text are in `#broken` and not reported as missing. */
  #missing: Set<number> | undefined
  #broken: Set<number> | undefined
  /** Whether the pending text matches no delta; then only the start of the next delta is searched for. */
  #isStray = false
  #hasForeign = false
  #isPlanned = false

  constructor(options: TextVerifierOptions) {
    this.#options = options
    this.#plan = textsFrom(options.key, options.from)
    this.#to = options.to ?? Number.POSITIVE_INFINITY
  }

  /** Whether any text looks like it came from a plan of this program: this plan or another one. */
  get isPlanned(): boolean {
    return this.#isPlanned
  }

  /** The next delta that is expected. */
  get delta(): number {
    return this.#plan.delta
  }

  /** Compares the next piece of the text. */
  push(text: string): void {
    if (this.#isStray && !text.includes(mark) && this.#pending.length < maxStray) {
      // Only append: searching all of it again for each piece would take quadratic time.
      this.#pending += text
      return
    }
    this.#isStray = false
    let all = this.#pending === '' ? text : this.#pending + text
    for (;;) {
      const at = this.#takePlanned(all)
      if (at > 0) all = all.slice(at)
      if (all === '' || !this.#isWrong(all)) break
      const next = all.indexOf(mark, 1)
      if (next < 0 && all.length < maxStray) {
        this.#isStray = true
        break
      }
      this.#takeStray(next < 0 ? all : all.slice(0, next))
      all = next < 0 ? '' : all.slice(next)
    }
    this.#pending = all
  }

  /** Ends the text at delta `to`. `isSuccess`: the stream claims to be complete, so a missing end is a mismatch. */
  end(isSuccess: boolean, to = this.#options.to): void {
    const rest = this.#pending
    this.#pending = ''
    if (rest !== '' && this.#isWrong(rest)) this.#takeStray(rest)
    const { listener } = this.#options
    for (const [first, last] of ranges(this.#missing ?? []))
      listener.onMismatch('I1', first, `delta ${first}${last > first ? ` to ${last}` : ''}`, 'none of its text')
    // A stream with foreign text is not also reported as short.
    // If the number of deltas is not known, a truncated delta still shows that the end is missing.
    const isShort = to === undefined ? rest !== '' : this.#plan.delta < to
    if (!isSuccess || this.#hasForeign || !isShort) return
    const got = rest === '' ? 'the end of the stream' : `the end of the stream after ${rest.length} characters of it`
    listener.onMismatch('I6', this.#plan.delta, `delta ${this.#plan.delta}${to === undefined ? '' : ` of ${to}`}`, got)
  }

  /** Consumes the planned deltas at the start of a text. Returns their length in characters. */
  #takePlanned(all: string): number {
    let at = 0
    while (this.#plan.delta < this.#to) {
      const stampAt = this.#plan.endOfHead(all, at)
      if (stampAt < 0) break
      const payload = this.#plan.payload()
      const end = stampAt + stampLength + payload.length
      if (end > all.length || !all.startsWith(payload, stampAt + stampLength)) break
      const us = readStampUs(all, stampAt)
      if (us === undefined) break
      this.#isPlanned = true
      this.#advance()
      this.#options.listener.onStamp(us)
      at = end
    }
    return at
  }

  /** Whether an incomplete delta can no longer become the expected one. */
  #isWrong(all: string): boolean {
    if (this.#plan.delta >= this.#to) return true
    const { head, payload } = this.#text()
    if (!sameStart(all, 0, head)) return true
    if (all.length <= head.length) return false
    if (!/^[\d.]*$/.test(all.slice(head.length, head.length + stampLength))) return true
    return all.length > head.length + stampLength && !sameStart(all, head.length + stampLength, payload)
  }

  #takeStray(text: string): void {
    const [, sid, digits, payload] = stamped.exec(text) ?? []
    const { key, from, listener } = this.#options
    const to = this.#to
    const { delta } = this.#plan
    if (sid !== undefined) this.#isPlanned = true
    if (sid === undefined) this.#takeBroken(text)
    else if (Number(sid) !== key.stream) {
      this.#hasForeign = true
      listener.onMismatch('I5', delta, `stream ${key.stream}`, `delta ${digits} of stream ${sid}`)
    } else {
      const index = Number(digits)
      const isElsewhere = index < from || index >= to || index >= delta + maxMissing
      if (isElsewhere)
        listener.onMismatch('I3', delta, `delta ${Math.min(delta, to - 1)}`, `delta ${index} of another place`)
      else if (index < delta) this.#takeRepeated(index)
      else this.#takeAhead(index, text, payload ?? '')
    }
  }

  #takeBroken(text: string): void {
    const { delta } = this.#plan
    this.#options.listener.onMismatch('I4', delta, this.#describe(), text)
    this.#broken ??= new Set()
    this.#broken.add(delta)
    if (delta < this.#to) this.#advance()
  }

  /** Handles a delta of this stream that arrives late or again. */
  #takeRepeated(index: number): void {
    const { listener } = this.#options
    if (this.#broken?.delete(index)) return
    if (this.#missing?.delete(index))
      listener.onMismatch('I3', index, `delta ${index} before delta ${this.#plan.delta - 1}`, `delta ${index} after it`)
    else listener.onMismatch('I2', index, `delta ${index} once`, `delta ${index} again`)
  }

  /** Handles a delta of this stream that is ahead of the expected one, or the expected one with another text. */
  #takeAhead(index: number, text: string, gotPayload: string): void {
    while (this.#plan.delta < index) {
      this.#missing ??= new Set()
      if (this.#missing.size < maxMissing) this.#missing.add(this.#plan.delta)
      this.#advance()
    }
    const { head, payload } = this.#text()
    if (!text.startsWith(head) || gotPayload !== payload)
      this.#options.listener.onMismatch('I4', index, head + payload, text)
    this.#advance()
  }

  #text(): PlannedText {
    this.#expected ??= this.#plan.text()
    return this.#expected
  }

  #describe(): string {
    if (this.#plan.delta >= this.#to) return 'the end of the text'
    const { head, payload } = this.#text()
    return head + payload
  }

  #advance(): void {
    this.#plan.advance()
    this.#expected = undefined
  }
}

/** Whether `text` matches `wanted` from `at` on. If `text` ends earlier, the start of `wanted` is enough. */
function sameStart(text: string, at: number, wanted: string): boolean {
  const length = Math.min(wanted.length, text.length - at)
  return text.startsWith(wanted.slice(0, length), at)
}

/** Groups numbers into ranges of consecutive numbers. */
function ranges(numbers: Iterable<number>): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs
}
