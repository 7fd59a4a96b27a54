import type { RuleId } from '../grammar/rules.ts'
import type { PlanKey } from '../plan/key.ts'
import { mark, type PlannedText, PlanTexts, readStampUs, stampLength } from '../plan/texts.ts'

/** Is told what a comparison with a plan finds. */
export interface PlanListener {
  /** What is wrong: a rule, the delta it concerns, what was planned, what came. */
  onWrong(rule: RuleId, delta: number, expected: string, got: string): void
  /** The instant, in us, at which the mock emitted a delta that came whole and in its place. */
  onStamp(us: number): void
}

/** What a verifier is made of. */
export interface TextVerifierOptions {
  readonly key: Pick<PlanKey, 'seed' | 'stream' | 'content'>
  /** Deltas `from` to below `to` make the text; without an end, as many as come. */
  readonly from: number
  readonly to: number | undefined
  readonly listener: PlanListener
}

/** Characters of a text that fits no plan which are looked at in one piece. */
const maxStray = 256 * 1024

/** Deltas that are followed one by one while they are missing. */
const maxMissing = 10_000

const stamped = /^~(\d{1,10})\.(\d{1,7})\.[0-9a-f]{8}\.\d{7}\.\d{6}(.*)$/s

/**
 * Compares the texts of a stream's deltas, joined and cut anywhere, with its plan. What comes as planned costs a comparison
 * and keeps nothing; what does not is named, and the comparison goes on at the next delta that can be told.
 */
export class TextVerifier {
  readonly #options: TextVerifierOptions
  readonly #plan: PlanTexts
  readonly #to: number
  #expected: PlannedText | undefined
  /** What came and makes no whole delta yet. */
  #pending = ''
  /** Deltas that others came before; those of a broken text count as come, in case it was they. */
  #missing: Set<number> | undefined
  #broken: Set<number> | undefined
  /** Whether what is pending fits nothing, so that only its end is waited for. */
  #isStray = false
  #hasForeign = false
  #isPlanned = false

  constructor(options: TextVerifierOptions) {
    this.#options = options
    this.#plan = planAt(options.key, options.from)
    this.#to = options.to ?? Number.POSITIVE_INFINITY
  }

  /** Whether anything came that a plan of this harness, this one or another, could have said. */
  get isPlanned(): boolean {
    return this.#isPlanned
  }

  /** The next delta that is expected. */
  get delta(): number {
    return this.#plan.delta
  }

  /** Takes the next piece of the text. */
  push(text: string): void {
    if (this.#isStray && !text.includes(mark) && this.#pending.length < maxStray) {
      // Only joined: to search all of it anew for each piece would take time by the square of its length.
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

  /** The text is over, `to` its end. `isSuccess`: the stream claims to be whole, so that what lacks at its end is lost. */
  end(isSuccess: boolean, to = this.#options.to): void {
    const rest = this.#pending
    this.#pending = ''
    if (rest !== '' && this.#isWrong(rest)) this.#takeStray(rest)
    const { listener } = this.#options
    for (const [first, last] of ranges(this.#missing ?? []))
      listener.onWrong('I1', first, `delta ${first}${last > first ? ` to ${last}` : ''}`, 'nothing of it')
    // Of a stream that is another's, that its own is not there goes without saying.
    // Without an end, what is cut within a delta lacks the rest of it all the same.
    const isShort = to === undefined ? rest !== '' : this.#plan.delta < to
    if (!isSuccess || this.#hasForeign || !isShort) return
    const got =
      rest === '' ? 'the end of the stream' : `the end of the stream within it, after ${rest.length} characters`
    listener.onWrong('I6', this.#plan.delta, `delta ${this.#plan.delta} of ${to ?? 'as many as come'}`, got)
  }

  /** Takes all that stands as planned at the beginning of a text; gives how many characters that is. */
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

  /** Whether a text that is no whole delta can't become the expected one either. */
  #isWrong(all: string): boolean {
    if (this.#plan.delta >= this.#to) return true
    const { head, payload } = this.#text()
    if (!sameStart(all, 0, head)) return true
    if (all.length <= head.length) return false
    if (!/^[\d.]*$/.test(all.slice(head.length, head.length + stampLength))) return true
    return all.length > head.length + stampLength && !sameStart(all, head.length + stampLength, payload)
  }

  #takeStray(text: string): void {
    const [, sid, index, payload] = stamped.exec(text) ?? []
    const { key, from, listener } = this.#options
    const to = this.#to
    const { delta } = this.#plan
    if (sid !== undefined) this.#isPlanned = true
    if (sid === undefined) this.#takeBroken(text)
    else if (Number(sid) !== key.stream) {
      this.#hasForeign = true
      listener.onWrong('I5', delta, `stream ${key.stream}`, `delta ${index} of stream ${sid}`)
    } else {
      const came = Number(index)
      const isElsewhere = came < from || came >= to || came >= delta + maxMissing
      if (isElsewhere) listener.onWrong('I3', delta, `delta ${Math.min(delta, to - 1)}`, `delta ${came}, of elsewhere`)
      else if (came < delta) this.#takeAgain(came)
      else this.#takeAhead(came, text, payload ?? '')
    }
  }

  #takeBroken(text: string): void {
    const { delta } = this.#plan
    this.#options.listener.onWrong('I4', delta, this.#describe(), text)
    this.#broken ??= new Set()
    this.#broken.add(delta)
    if (delta < this.#to) this.#advance()
  }

  /** A delta of this stream whose place was before. */
  #takeAgain(came: number): void {
    const { listener } = this.#options
    if (this.#broken?.delete(came)) return
    if (this.#missing?.delete(came))
      listener.onWrong('I3', came, `delta ${came} before delta ${this.#plan.delta - 1}`, 'it after that')
    else listener.onWrong('I2', came, `delta ${came} once`, 'it again')
  }

  /** A delta of this stream that is the expected one, and not as planned, or one that comes before it. */
  #takeAhead(came: number, text: string, said: string): void {
    while (this.#plan.delta < came) {
      this.#missing ??= new Set()
      if (this.#missing.size < maxMissing) this.#missing.add(this.#plan.delta)
      this.#advance()
    }
    const { head, payload } = this.#text()
    if (!text.startsWith(head) || said !== payload) this.#options.listener.onWrong('I4', came, head + payload, text)
    this.#advance()
  }

  #text(): PlannedText {
    this.#expected ??= this.#plan.text()
    return this.#expected
  }

  #describe(): string {
    if (this.#plan.delta >= this.#to) return 'nothing more'
    const { head, payload } = this.#text()
    return head + payload
  }

  #advance(): void {
    this.#plan.advance()
    this.#expected = undefined
  }
}

/** Whether a text that may be cut short is at `at` the beginning of the wanted one. */
function sameStart(text: string, at: number, wanted: string): boolean {
  const length = Math.min(wanted.length, text.length - at)
  return text.startsWith(wanted.slice(0, length), at)
}

/** The plan's texts from one delta on; each hash follows from the one before, so it walks there. */
function planAt(key: TextVerifierOptions['key'], delta: number): PlanTexts {
  const plan = new PlanTexts(key)
  while (plan.delta < delta) plan.advance()
  return plan
}

/** Numbers as runs of neighbours. */
function ranges(numbers: Iterable<number>): readonly (readonly [number, number])[] {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs
}
