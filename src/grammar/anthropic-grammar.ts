import { asObject, type JsonObject } from '../base/json.ts'
import { shown } from '../base/shown.ts'
import {
  blockTypes,
  deltaTypes,
  deltaUsage,
  foreignStops,
  mayTruncate,
  startMessage,
  startUsage,
  stopReasons,
} from './anthropic-types.ts'
import { digestOf } from './digest.ts'
import { type Ending, eventBody, type Grammar, type Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'
import { invalidMembers, isText } from './members.ts'
import type { RuleId } from './rules.ts'

const knownEvents: ReadonlySet<unknown> = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
])

/** The characters that the API accepts in the id of a tool call when the client returns it with the result. */
const toolId = /^[\w-]+$/

/** Limit of open blocks, and of tool calls in a message: those beyond it are not followed. */
const maxFollowed = 1000

interface Block {
  /** Undefined if the type is unknown. */
  readonly type: string | undefined
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
  readonly #open = new Map<number, Block>()
  #state: 'start' | 'content' | 'closing' | 'stopped' | 'error' = 'start'
  #nextIndex = 0
  #stopReason: unknown
  /** Digests of the ids of the tool calls. */
  #toolIds: Set<string> | undefined
  #hasToolUse = false
  /** Whether a block has a type that this grammar does not know: it may be a tool call. */
  #hasUnknownBlock = false
  #outputTokens = 0
  /** Truncated tool input and open blocks: warnings if the stop reason turns out to be a truncation. */
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
    const isKnown = knownEvents.has(name)
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
    const { index } = body
    const block = asObject(body['content_block'])
    if (this.#state === 'closing') this.#report.broken('A6', 'no block after message_delta', body)
    if (index !== this.#nextIndex) this.#report.broken('A4', `block index ${this.#nextIndex}`, index)
    if (this.#open.size > 0) this.#report.warn('A4', 'no block that starts while another is open', index)
    const type = this.#checkBlock(block, body['content_block'])
    if (typeof index !== 'number') return
    this.#nextIndex = index + 1
    if (this.#open.size < maxFollowed) this.#open.set(index, { type })
  }

  /** Returns the type of the block; undefined if it is unknown. */
  #checkBlock(block: JsonObject | undefined, received: unknown): string | undefined {
    const type = block?.['type']
    if (block === undefined || typeof type !== 'string') {
      this.#report.broken('A5', 'a content_block with a type', received)
      return undefined
    }
    const known = blockTypes.get(type)
    if (!known) {
      this.#hasUnknownBlock = true
      this.#report.warn('A5', 'a known type of content_block', type)
      return undefined
    }
    const invalid = invalidMembers(block, known.members)
    if (invalid.length > 0)
      this.#report.broken('A5', `a ${type} block that starts with a valid ${invalid.join(', ')}`, block)
    if (type === 'thinking' && !isText(block['signature']))
      this.#report.warn('A5', 'a thinking block that starts with a signature', block)
    if (type === 'tool_use') this.#hasToolUse = true
    if (known.members['input']) this.#checkToolId(block['id'])
    return type
  }

  #checkToolId(id: unknown): void {
    if (typeof id !== 'string' || id === '') return
    if (!toolId.test(id)) this.#report.warn('A5', 'a tool call id with only letters, digits, _ and -', id)
    this.#toolIds ??= new Set()
    const digest = digestOf(id)
    if (this.#toolIds.has(digest)) this.#report.broken('A5', 'a unique id for each tool call', id)
    if (this.#toolIds.size < maxFollowed) this.#toolIds.add(digest)
  }

  #blockDelta(body: JsonObject): void {
    const block = this.#openBlock(body['index'])
    if (!block) {
      this.#report.broken(
        'A5',
        'a delta of an open block',
        `a delta of block ${shown(body['index'])}, which is not open`,
      )
      return
    }
    const delta = asObject(body['delta'])
    const type = delta?.['type']
    const members = deltaTypes.get(type)
    if (delta === undefined || typeof type !== 'string') this.#report.broken('A5', 'a delta with a type', body['delta'])
    else if (!members) this.#report.warn('A5', 'a known type of delta', type)
    else {
      const fitting = block.type === undefined ? undefined : blockTypes.get(block.type)?.deltas
      if (fitting && !fitting.includes(type))
        this.#report.broken('A5', `${fitting.join(' or ') || 'no delta'} in a ${block.type} block`, type)
      const invalid = invalidMembers(delta, members)
      if (invalid.length > 0) this.#report.broken('A5', `a ${type} with a valid ${invalid.join(', ')}`, delta)
      const json = delta['partial_json']
      if (!fitting?.includes('input_json_delta') || typeof json !== 'string') return
      block.json ??= createJsonText()
      block.json.push(json)
    }
  }

  #blockStop({ index }: JsonObject): void {
    const block = this.#openBlock(index)
    if (!block) {
      const got = `content_block_stop of block ${shown(index)}, which is not open`
      this.#report.broken('A6', 'content_block_stop of an open block', got)
    } else if (block.json?.isTruncated())
      this.#defer(['A11', 'complete JSON as tool input', `truncated JSON in block ${shown(index)}`])
    else if (block.json && !block.json.isObject())
      this.#report.broken('A11', 'one JSON object as tool input', `something else in block ${shown(index)}`)
    if (typeof index === 'number') this.#open.delete(index)
  }

  #openBlock(index: unknown): Block | undefined {
    return typeof index === 'number' ? this.#open.get(index) : undefined
  }

  #messageDelta(body: JsonObject): void {
    for (const index of this.#state === 'content' ? this.#open.keys() : [])
      this.#defer(['A6', 'no open block at message_delta', `block ${index} is open`])
    this.#state = 'closing'
    const delta = asObject(body['delta'])
    const usage = asObject(body['usage'])
    if (!delta) this.#report.broken('A7', 'a message_delta with a delta', body['delta'])
    this.#stopReason = delta?.['stop_reason'] ?? this.#stopReason
    const invalid = invalidMembers(usage, deltaUsage)
    if (invalid.length > 0) {
      const got = usage ?? (delta?.['usage'] == null ? body['usage'] : 'usage inside delta')
      this.#report.broken('A7', `a usage beside delta with a valid ${invalid.join(', ')}`, got)
    }
    const tokens = usage?.['output_tokens']
    if (typeof tokens !== 'number') return
    if (tokens < this.#outputTokens)
      this.#report.broken('A7', `output_tokens of at least ${this.#outputTokens}`, tokens)
    this.#outputTokens = tokens
  }

  #messageStop(): void {
    if (this.#state !== 'closing') this.#report.broken('A7', 'a message_delta before message_stop', 'none')
    else this.#checkStop(this.#stopReason)
    for (const finding of this.#deferred ?? []) {
      if (mayTruncate(this.#stopReason)) this.#report.warn(...finding)
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
    if (this.#deferred.length < maxFollowed) this.#deferred.push(finding)
  }
}
