import type { Buffer } from 'node:buffer'
import { known } from '../base/known.ts'
import { type Finding, type Grammar, type Report, shown } from '../grammar/finding.ts'
import { grammars } from '../grammar/grammars.ts'
import { corruptions, type RuleId } from '../grammar/rules.ts'
import { DeltaTemplate } from '../integrity/delta-template.ts'
import { type PlannedAnswer, PlanVerifier } from '../integrity/plan-verifier.ts'
import type { PlanListener } from '../integrity/text-verifier.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamFinding } from '../model/record.ts'
import type { Meaning, Protocol, Reading } from '../protocol/protocol.ts'

/** Findings of one rule that a record keeps; of those beyond, only how many there were. */
const keptOfRule = 2

/** Bytes of an event that fails the stream, kept to say what it was. */
const excerptBytes = 512

/** Why a stream is no whole one. */
export interface AnswerFailure {
  readonly kind: FailureKind
  readonly detail: string
}

/** What an answer's events are read with. */
export interface AnswerOptions {
  readonly protocol: Protocol
  /** What it is compared with. */
  readonly planned: PlannedAnswer
  /** Whether the upstream is known to play the plan; else only a stream that carries one is compared with it. */
  readonly isPlanCertain: boolean
  /** Takes the instant, in us, at which the mock emitted each delta that came whole and in its place. */
  readonly onStamp?: (us: number) => void
}

/** What the events of one stream say, one after the other: its state, what it broke, and why it failed. */
export class Answer implements Report, PlanListener {
  events = 0
  /** Set once nothing may come any more: after the terminal event, or after an error. */
  isOver = false
  /** Whether it was over by an error of its own. */
  get hasToldError(): boolean {
    return this.#told !== undefined
  }

  /** Why the stream has failed; nothing is read after it. */
  failure: AnswerFailure | undefined
  readonly #protocol: Protocol
  readonly #grammar: Grammar
  readonly #verifier: PlanVerifier
  readonly #isPlanCertain: boolean
  readonly #onStamp: ((us: number) => void) | undefined
  #template: DeltaTemplate | undefined
  #templateKind: 'text' | 'thinking' = 'text'
  #isFinished = false
  /** An error that the stream has told: it fails, but for what may follow it. */
  #told: AnswerFailure | undefined
  #findings: StreamFinding[] | undefined
  #counts: Record<string, number> | undefined

  constructor({ protocol, planned, isPlanCertain, onStamp }: AnswerOptions) {
    this.#protocol = protocol
    this.#isPlanCertain = isPlanCertain
    this.#onStamp = onStamp
    this.#grammar = grammars[protocol.name](this)
    this.#verifier = new PlanVerifier(planned, this)
  }

  /** Takes one event; says whether it carried generated content. */
  event(type: string, bytes: Buffer, start: number, end: number): boolean {
    this.events++
    const again = this.#template?.match(type, bytes, start, end)
    if (again !== undefined) {
      this.#grammar.again(again)
      this.#verifier.text(this.#templateKind, again)
      return true
    }
    const data = bytes.toString('utf8', start, end)
    const reading = this.#protocol.read(type, data)
    this.#grammar.event(type, data)
    this.#verifier.read(reading)
    this.#learn(type, data, reading)
    return this.#act(reading.meaning, data)
  }

  /** The response ended as HTTP wants it to, after `bytes` of body and `comments`: why it is not whole, if it is not. */
  ended(bytes: number, comments: number, isUnterminated: boolean): AnswerFailure | undefined {
    if (this.#told) return this.#told
    const after = `after event ${this.events}`
    if (isUnterminated) return { kind: 'unterminated_final_event', detail: after }
    if (this.isOver && this.#isFinished) return this.#verified()
    if (this.isOver) {
      this.#verifier.end(true)
      return { kind: 'masked_truncation', detail: 'the terminal event came without a reason to finish' }
    }
    this.#verifier.end(this.#isFinished)
    if (this.#isFinished) return { kind: 'missing_done', detail: 'the terminal event never came' }
    if (this.events > 0) return { kind: 'truncated_clean_eof', detail: `the body ended ${after}` }
    if (bytes === 0) return { kind: 'empty_stream', detail: 'the body is empty' }
    if (comments > 0) return { kind: 'empty_stream', detail: 'comments and no event' }
    return { kind: 'protocol_not_sse', detail: `${bytes} bytes and no event` }
  }

  /** The stream ended otherwise: what it had told of itself before, if it had. */
  cut(): AnswerFailure | undefined {
    if (!this.failure && !this.#told) this.#verifier.end(false)
    return this.#told
  }

  /** Adds a rule that was broken, at the event at hand. */
  broken(rule: RuleId, expected: string, got: unknown): void {
    this.#found({ rule, severity: 'error', expected, got: shown(got) })
  }

  /** Adds a rule that was nearly broken. */
  warn(rule: RuleId, expected: string, got: unknown): void {
    this.#found({ rule, severity: 'warning', expected, got: shown(got) })
  }

  /** Adds what is not as planned, for its verifier. */
  onWrong(rule: RuleId, delta: number, expected: string, got: string): void {
    this.#found({ rule, severity: 'error', expected: shown(expected), got: shown(got) }, delta)
  }

  /** Passes a stamp on, for its verifier. */
  onStamp(us: number): void {
    this.#onStamp?.(us)
  }

  /** What was found, as a record keeps it. */
  findings() {
    if (!this.#isPlanCertain && this.#verifier.isPlanned === false) this.#forgetPlan()
    return known({ findings: this.#findings, findingCounts: this.#counts })
  }

  #found(finding: Finding, delta?: number): void {
    this.#counts ??= {}
    this.#findings ??= []
    this.#counts[finding.rule] = (this.#counts[finding.rule] ?? 0) + 1
    const kept = this.#findings.filter((one) => one.rule === finding.rule && one.severity === finding.severity)
    if (kept.length < keptOfRule) this.#findings.push({ ...finding, event: this.events, ...known({ delta }) })
  }

  /** What the plan says of a stream that claims to be whole. */
  #verified(): AnswerFailure | undefined {
    this.#grammar.end()
    if (!this.#isPlanCertain && !this.#verifier.isPlanned) return undefined
    this.#verifier.end(true)
    for (const [rule, kind] of corruptions) {
      const first = this.#findings?.find((finding) => finding.rule === rule)
      if (first) return { kind, detail: `${rule}, delta ${first.delta}: expected ${first.expected}, got ${first.got}` }
    }
    return undefined
  }

  /** A stream of another provider: that it does not say what this harness plans is no finding. */
  #forgetPlan(): void {
    const findings = this.#findings?.filter(({ delta }) => delta === undefined) ?? []
    this.#findings = findings.length > 0 ? findings : undefined
    const counts = Object.entries(this.#counts ?? {}).filter(([rule]) => findings.some((each) => each.rule === rule))
    this.#counts = counts.length > 0 ? Object.fromEntries(counts) : undefined
  }

  #learn(type: string, data: string, { meaning, parts }: Reading): void {
    const [part] = parts
    this.#template = undefined
    if (meaning !== 'delta' || this.isOver || parts.length !== 1 || part === undefined || part.kind === 'tool') return
    this.#template = DeltaTemplate.learn(type, data, part.text, (other) => {
      const again = this.#protocol.read(type, other).parts
      return again.length === 1 && again[0]?.kind === part.kind ? again[0].text : undefined
    })
    this.#templateKind = part.kind
  }

  #act(meaning: Meaning, data: string): boolean {
    if (this.isOver) {
      this.#actAfterEnd(meaning, data)
      return false
    }
    switch (meaning) {
      case 'delta':
        return true
      case 'last-delta':
        this.#isFinished = true
        return true
      case 'finish':
        this.#isFinished = true
        return false
      case 'terminal':
        this.isOver = true
        return false
      case 'completed':
        this.#isFinished = true
        this.isOver = true
        return false
      case 'error':
      case 'odd-error':
        this.#told = this.#at(meaning === 'error' ? 'inband_error' : 'inband_error_malformed', data)
        this.isOver = true
        return false
      case 'malformed':
        this.failure = this.#at('json_malformed', data)
        return false
      case 'ping':
      case 'other':
        return false
    }
  }

  #actAfterEnd(meaning: Meaning, data: string): void {
    const isEnd = meaning === 'terminal' || meaning === 'completed'
    if (this.#told) {
      // A chat completion's [DONE] after an error only closes the stream.
      const isClosing =
        meaning === 'ping' || (meaning === 'terminal' && this.#protocol.name === 'openai-chat-completions')
      const isError = meaning === 'error' || meaning === 'odd-error'
      if (!isClosing && !isError) this.failure = this.#at('error_then_success', data)
    } else this.failure = this.#at(isEnd ? 'duplicate_terminal' : 'data_after_terminal', data)
  }

  #at(kind: FailureKind, data: string): AnswerFailure {
    return { kind, detail: `event ${this.events}: ${data.slice(0, excerptBytes)}` }
  }
}
