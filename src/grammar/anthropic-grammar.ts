import { asObject, type JsonObject } from '../base/json.ts'
import { type Ending, eventBody, type Grammar, type Report, shown } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'
import { invalidMembers, is, isEmptyList, isNull, isNumber, isText, type Members } from './members.ts'
import type { RuleId } from './rules.ts'

/** The documented stop reasons. The list grows, so that others are only warnings. */
const stopReasons: ReadonlySet<unknown> = new Set([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
  'compaction',
])
/** What the other protocols call their reasons and statuses, and nothing: no client of this protocol knows them. */
const foreignStops: ReadonlySet<unknown> = new Set([
  '',
  'stop',
  'length',
  'tool_calls',
  'function_call',
  'content_filter',
  'max_output_tokens',
  'completed',
  'incomplete',
])
/** The delta types that each of these block types allows. Other block types allow any delta. */
const deltaTypes: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
}
const knownEvents = [
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]

/** The members of the message in message_start. */
const startMessage: Members = {
  id: isText,
  type: is('message'),
  role: is('assistant'),
  model: isText,
  content: isEmptyList,
  stop_reason: isNull,
}
const startUsage: Members = { input_tokens: isNumber, output_tokens: isNumber }

interface Block {
  readonly type: string
  /** The input of a tool call; created with its first fragment. */
  json?: JsonText
}

const dataRules = { notJson: 'json_malformed', notObject: 'A2' } as const

/** Rules A2 to A11, for Anthropic Messages. */
export function anthropicGrammar(report: Report): Grammar {
  return new AnthropicGrammar(report)
}

/** A class, because each stream has one: closures would take up most of the memory of a stream. */
class AnthropicGrammar implements Grammar {
  readonly #report: Report
  readonly #open = new Map<unknown, Block>()
  #state: 'start' | 'content' | 'closing' | 'stopped' | 'error' = 'start'
  #nextIndex = 0
  #stopReason: unknown
  #hasToolUse = false
  /** Whether a block has a type that this grammar does not know: it may be a tool call. */
  #hasUnknownBlock = false
  #outputTokens = 0
  /** Truncated tool input and open blocks: warnings if the stop reason turns out to be max_tokens. */
  #deferred: (readonly [rule: RuleId, expected: string, got: unknown])[] | undefined

  constructor(report: Report) {
    this.#report = report
  }

  event(type: string, data: string): void {
    const report = this.#report
    const body = eventBody(data, report, dataRules)
    if (!body) return
    const { type: named, error } = body
    // `message` is the type of an event without a name.
    if (typeof named !== 'string' || named !== type || type === 'message')
      report.broken('A2', `${shown(named)} as the event name, as in its data`, type)
    const name = typeof named === 'string' ? named : named === undefined && error != null ? 'error' : 'unknown'
    if (name === 'ping') return
    const isKnown = knownEvents.includes(name)
    if (this.#state === 'error') report.broken('error_then_success', 'nothing but ping after an error', name)
    else if (this.#state === 'stopped') report.broken('A8', 'nothing after message_stop', name)
    else if (this.#state === 'start' && isKnown) report.broken('A3', 'message_start as the first event', name)
    if (!isKnown && name !== 'message_start' && name !== 'error') report.warn('A9', 'a known event type', named)
    else if (this.#state !== 'stopped' && this.#state !== 'error') this.#known(name, body)
  }

  // More text in the same block breaks no rule.
  again(): void {}

  end(): Ending {
    if (this.#state === 'stopped') return 'whole'
    if (this.#state === 'error') return 'error'
    this.#report.broken('A8', 'message_stop as the last event', 'the end of the body')
    return 'cut'
  }

  #known(name: string, body: JsonObject): void {
    if (name === 'content_block_delta') this.#blockDelta(body)
    else if (name === 'message_start') this.#messageStart(body)
    else if (name === 'content_block_start') this.#blockStart(body)
    else if (name === 'content_block_stop') this.#blockStop(body)
    else if (name === 'message_delta') this.#messageDelta(body)
    else if (name === 'message_stop') this.#messageStop()
    else this.#error(body)
  }

  #messageStart(body: JsonObject): void {
    if (this.#state !== 'start') {
      this.#report.broken('A3', 'message_start only as the first event', 'another message_start')
      return
    }
    this.#state = 'content'
    const message = asObject(body['message'])
    const usage = invalidMembers(asObject(message?.['usage']), startUsage).map((name) => `usage.${name}`)
    const invalid = [...invalidMembers(message, startMessage), ...usage]
    if (invalid.length > 0) this.#report.broken('A3', `message_start with a valid ${invalid.join(', ')}`, message)
  }

  #blockStart(body: JsonObject): void {
    const { index, content_block: block } = body
    if (this.#state === 'closing') this.#report.broken('A6', 'no block after message_delta', body)
    if (index !== this.#nextIndex) this.#report.broken('A4', `block index ${this.#nextIndex}`, index)
    if (this.#open.size > 0)
      this.#report.warn('A4', 'no block that starts while another is open', `block ${String(index)}`)
    if (typeof index === 'number') this.#nextIndex = index + 1
    const type = asObject(block)?.['type']
    if (typeof type !== 'string') this.#report.broken('A5', 'a content_block with a type', block)
    else if (type === 'tool_use') this.#hasToolUse = true
    else if (!Object.hasOwn(deltaTypes, type)) this.#hasUnknownBlock = true
    this.#open.set(index, { type: typeof type === 'string' ? type : '' })
  }

  #blockDelta({ index, delta }: JsonObject): void {
    const block = this.#open.get(index)
    const { type, partial_json: json } = asObject(delta) ?? {}
    if (!block) {
      this.#report.broken('A5', 'a delta of an open block', `a delta of block ${String(index)}, which is not open`)
      return
    }
    const fitting = deltaTypes[block.type]
    if (fitting && !fitting.includes(String(type)))
      this.#report.broken('A5', `${fitting.join(' or ')} in a ${block.type} block`, type)
    if (typeof json !== 'string') return
    block.json ??= createJsonText()
    block.json.push(json)
  }

  #blockStop({ index }: JsonObject): void {
    const block = this.#open.get(index)
    if (!block)
      this.#report.broken(
        'A6',
        'content_block_stop of an open block',
        `content_block_stop of block ${String(index)}, which is not open`,
      )
    else if (block.json && !block.json.isValid())
      this.#defer(['A11', 'complete JSON as tool input', `truncated JSON in block ${String(index)}`])
    this.#open.delete(index)
  }

  #messageDelta(body: JsonObject): void {
    for (const index of this.#state === 'content' ? this.#open.keys() : [])
      this.#defer(['A6', 'no open block at message_delta', `block ${String(index)} is open`])
    this.#state = 'closing'
    this.#stopReason = asObject(body['delta'])?.['stop_reason'] ?? this.#stopReason
    const tokens = asObject(body['usage'])?.['output_tokens']
    if (typeof tokens !== 'number') return
    if (tokens < this.#outputTokens)
      this.#report.broken('A7', `output_tokens of at least ${this.#outputTokens}`, tokens)
    this.#outputTokens = tokens
  }

  #messageStop(): void {
    if (this.#state !== 'closing') this.#report.broken('A7', 'a message_delta before message_stop', 'none')
    else this.#checkStop(this.#stopReason)
    for (const finding of this.#deferred ?? []) {
      if (this.#stopReason === 'max_tokens') this.#report.warn(...finding)
      else this.#report.broken(...finding)
    }
    this.#state = 'stopped'
  }

  #checkStop(reason: unknown): void {
    const expected = () => `a stop_reason: ${[...stopReasons].join(', ')}`
    if (typeof reason !== 'string' || foreignStops.has(reason)) this.#report.broken('A7', expected(), reason)
    else if (!stopReasons.has(reason)) this.#report.warn('A7', expected(), reason)
    else if (reason === 'tool_use' && !this.#hasToolUse && !this.#hasUnknownBlock)
      this.#report.broken('A7', 'a tool_use block before stop_reason tool_use', 'none')
    else if (reason === 'end_turn' && this.#hasToolUse)
      this.#report.warn('A7', 'stop_reason tool_use after a tool_use block', reason)
  }

  #error(body: JsonObject): void {
    const { type, message } = asObject(body['error']) ?? {}
    if (typeof type !== 'string' || typeof message !== 'string')
      this.#report.broken('A10', 'an error with a type and a message', body)
    this.#state = 'error'
  }

  #defer(finding: readonly [rule: RuleId, expected: string, got: unknown]): void {
    this.#deferred ??= []
    this.#deferred.push(finding)
  }
}
