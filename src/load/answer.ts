import { type Buffer, isUtf8 } from 'node:buffer'
import { shown } from '../base/shown.ts'
import type { Finding, Grammar, Report } from '../grammar/finding.ts'
import { grammars } from '../grammar/grammars.ts'
import { corruptions, type RuleId } from '../grammar/rules.ts'
import { DeltaTemplate } from '../integrity/delta-template.ts'
import { type PlannedAnswer, PlanVerifier } from '../integrity/plan-verifier.ts'
import type { PlanListener } from '../integrity/text-verifier.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamFinding } from '../model/record.ts'
import type { Meaning, Protocol, Reading } from '../protocol/protocol.ts'

/** Findings that a record keeps per rule and severity; further ones are only counted. */
const keptPerRule = 2

/** Maximum length of the excerpt of an event that fails the stream, in characters. */
const maxExcerptLength = 512

/** The mock plays one choice, and a request asks for one. Another provider may send more, which its clients keep separate. */
const plannedFacts = { choices: 1 } as const

/** Why a stream is not complete. */
interface AnswerFailure {
  readonly kind: FailureKind
  readonly detail: string
}

/** How the events of an answer are read and verified. */
interface AnswerOptions {
  readonly protocol: Protocol
  /** The answer to expect. */
  readonly planned: PlannedAnswer
  /** Whether the upstream is certain to play the plan; otherwise a stream is only verified if its text follows the plan. */
  readonly isPlanCertain: boolean
  /** Failures of form after which the stream is read on (default: none). */
  readonly tolerated?: ReadonlySet<FailureKind>
  /** Receives the time, in us, at which the mock sent each delta that arrived complete and in order. */
  readonly onStamp?: (us: number) => void
}

const none: ReadonlySet<FailureKind> = new Set()

/** Reads the events of one stream: its state, the rules it broke, and why it failed. */
export class Answer implements Report, PlanListener {
  events = 0
  /** Whether no further event is allowed: after the terminal event, or after an error. */
  isOver = false
  /** Whether the stream sent an error event. */
  get hasSentError(): boolean {
    return this.#sentError !== undefined
  }

  /** Why the stream failed; no further event is read. */
  failure: AnswerFailure | undefined
  readonly #protocol: Protocol
  readonly #grammar: Grammar
  readonly #verifier: PlanVerifier
  readonly #isPlanCertain: boolean
  readonly #tolerated: ReadonlySet<FailureKind>
  readonly #onStamp: ((us: number) => void) | undefined
  #template: DeltaTemplate | undefined
  #templateKind: 'text' | 'thinking' = 'text'
  #isFinished = false
  /** The error event of the stream. It fails the stream, unless a worse failure follows. */
  #sentError: AnswerFailure | undefined
  #findings: StreamFinding[] | undefined
  #counts: Record<string, number> | undefined
  /** Errors that the grammar reported. */
  #errors = 0

  constructor({ protocol, planned, isPlanCertain, tolerated = none, onStamp }: AnswerOptions) {
    this.#protocol = protocol
    this.#isPlanCertain = isPlanCertain
    this.#tolerated = tolerated
    this.#onStamp = onStamp
    this.#grammar = grammars[protocol.name](this, isPlanCertain ? plannedFacts : {})
    this.#verifier = new PlanVerifier(planned, this)
  }

  /** Reads one event; returns whether it carried generated content. */
  event(type: string, bytes: Buffer, start: number, end: number): boolean {
    this.events++
    const text = this.#template?.match(type, bytes, start, end)
    if (text !== undefined) {
      this.#checkEncoding(text, bytes, start, end)
      this.#grammar.again(text)
      this.#verifier.text(this.#templateKind, text)
      return true
    }
    const data = bytes.toString('utf8', start, end)
    this.#checkEncoding(data, bytes, start, end)
    const reading = this.#protocol.read(type, data)
    const errors = this.#errors
    this.#grammar.event(type, data)
    const isBroken = this.#errors > errors
    this.#verifier.read(reading)
    this.#learn(type, data, reading)
    return this.#act(reading.meaning, data, isBroken)
  }

  /** Ends a stream whose HTTP response is complete. Returns why the stream itself is not, or undefined if it is. */
  ended(bytes: number, comments: number, isUnterminated: boolean): AnswerFailure | undefined {
    const after = `after event ${this.events}`
    if (this.#sentError) {
      if (isUnterminated) this.broken('unterminated_final_event', 'a blank line after the last event', after)
      return this.#sentError
    }
    if (isUnterminated && !this.#tolerated.has('unterminated_final_event'))
      return { kind: 'unterminated_final_event', detail: after }
    if (this.#isFinished && (this.isOver || this.#tolerated.has('missing_done'))) return this.#verified()
    if (this.isOver) {
      this.#verifier.end(true)
      return { kind: 'masked_truncation', detail: 'the terminal event arrived without a finish reason' }
    }
    this.#verifier.end(this.#isFinished)
    if (this.#isFinished) return { kind: 'missing_done', detail: 'the terminal event never arrived' }
    if (this.events > 0) return { kind: 'truncated_clean_eof', detail: `the body ended ${after}` }
    if (bytes === 0) return { kind: 'empty_stream', detail: 'the body is empty' }
    if (comments > 0) return { kind: 'empty_stream', detail: 'comments but no event' }
    return { kind: 'protocol_not_sse', detail: `${bytes} bytes but no event` }
  }

  /** Ends a stream whose HTTP response is not complete. Returns the error event it sent before, if any. */
  cut(): AnswerFailure | undefined {
    if (!this.failure && !this.#sentError) this.#verifier.end(false)
    return this.#sentError
  }

  /** Adds a broken rule, at the current event. */
  broken(rule: RuleId, expected: string, got: unknown): void {
    this.#errors++
    if (this.#isKept(rule, 'error')) this.#keep({ rule, severity: 'error', expected, got: shown(got) })
  }

  /** Adds a warning, at the current event. */
  warn(rule: RuleId, expected: string, got: unknown): void {
    if (this.#isKept(rule, 'warning')) this.#keep({ rule, severity: 'warning', expected, got: shown(got) })
  }

  /** Adds a deviation from the plan; called by the verifier. */
  onMismatch(rule: RuleId, delta: number, expected: string, got: string): void {
    if (this.#isKept(rule, 'error'))
      this.#keep({ rule, severity: 'error', expected: shown(expected), got: shown(got) }, delta)
  }

  /** Passes on the stamp of a delta; called by the verifier. */
  onStamp(us: number): void {
    this.#onStamp?.(us)
  }

  /** The findings that the record of the stream keeps. */
  findings() {
    if (!this.#isPlanCertain && this.#verifier.isPlanned === false) this.#forgetPlan()
    return this.kept()
  }

  /** The findings so far. */
  kept() {
    return { findings: this.#findings, findingCounts: this.#counts }
  }

  /** Counts a finding; returns whether it is one of the first of its rule, which are kept. A stream may have millions. */
  #isKept(rule: RuleId, severity: Finding['severity']): boolean {
    this.#counts ??= {}
    this.#counts[rule] = (this.#counts[rule] ?? 0) + 1
    let kept = 0
    for (const finding of this.#findings ?? []) if (finding.rule === rule && finding.severity === severity) kept++
    return kept < keptPerRule
  }

  #keep(finding: Finding, delta?: number): void {
    this.#findings ??= []
    this.#findings.push({ ...finding, event: this.events, delta })
  }

  /** Checks a stream that claims to be complete against the grammar and the plan. */
  #verified(): AnswerFailure | undefined {
    this.#grammar.end()
    const isPlanned = this.#isPlanCertain || this.#verifier.isPlanned
    if (isPlanned) this.#verifier.end(true)
    for (const [rule, kind] of corruptions) {
      const first = this.#findings?.find(
        (finding) => finding.rule === rule && (isPlanned || finding.delta === undefined),
      )
      if (!first) continue
      const place = first.delta === undefined ? `event ${first.event}` : `delta ${first.delta}`
      return { kind, detail: `${rule}, ${place}: expected ${first.expected}, got ${first.got}` }
    }
    return undefined
  }

  /** Drops deviations from the plan: the stream comes from another provider, which has no plan. */
  #forgetPlan(): void {
    const findings = this.#findings?.filter(({ delta }) => delta === undefined) ?? []
    this.#findings = findings.length > 0 ? findings : undefined
    const counts = Object.entries(this.#counts ?? {}).filter(([rule]) =>
      findings.some((finding) => finding.rule === rule),
    )
    this.#counts = counts.length > 0 ? Object.fromEntries(counts) : undefined
  }

  #learn(type: string, data: string, { meaning, parts }: Reading): void {
    const [part] = parts
    this.#template = undefined
    if (meaning !== 'delta' || this.isOver || parts.length !== 1 || part === undefined || part.kind === 'tool') return
    if (this.#verifier.isForeign(part)) return
    this.#template = DeltaTemplate.learn(type, data, part.text, (text) => {
      const reread = this.#protocol.read(type, text).parts
      return reread.length === 1 && reread[0]?.kind === part.kind ? reread[0].text : undefined
    })
    this.#templateKind = part.kind
  }

  #act(meaning: Meaning, data: string, isBroken: boolean): boolean {
    if (this.isOver) {
      if (isBroken) this.#failAfterEnd(meaning, data)
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
        this.#sentError = this.#at(meaning === 'error' ? 'inband_error' : 'inband_error_malformed', data)
        this.isOver = true
        return false
      case 'malformed':
        this.#fail('json_malformed', data)
        return false
      case 'not-an-event':
        this.#fail('not_an_event', data)
        return false
      case 'ping':
      case 'other':
        return false
    }
  }

  /** Fails the stream for an event that the grammar does not allow after the end. */
  #failAfterEnd(meaning: Meaning, data: string): void {
    const isEnd = meaning === 'terminal' || meaning === 'completed'
    const kind = this.#sentError ? 'error_then_success' : isEnd ? 'duplicate_terminal' : 'data_after_terminal'
    this.#fail(kind, data)
  }

  #fail(kind: FailureKind, data: string): void {
    if (!this.#tolerated.has(kind)) this.failure = this.#at(kind, data)
  }

  /** Only invalid bytes, or a replacement character in the text itself, become U+FFFD. */
  #checkEncoding(text: string, bytes: Buffer, start: number, end: number): void {
    if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end)))
      this.broken('I4', 'valid UTF-8', 'invalid bytes')
  }

  #at(kind: FailureKind, data: string): AnswerFailure {
    return { kind, detail: `event ${this.events}: ${data.slice(0, maxExcerptLength)}` }
  }
}
