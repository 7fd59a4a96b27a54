import { asObject, parseObject } from '../protocol/protocol.ts'
import type { Grammar, Report } from './finding.ts'
import { createJsonText, type JsonText } from './json-text.ts'

type Body = Readonly<Record<string, unknown>>

const stopReasons = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'pause_turn',
  'refusal',
  'model_context_window_exceeded',
]
/** The deltas that a block of each type has; of one that is not here, any. */
const deltasOf: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
}
const known = ['content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop']

interface Block {
  readonly type: string
  /** Made with the first part of a tool call's input. */
  json?: JsonText
}

/** Rules A2 to A11 of Anthropic Messages (Anthropic API reference, "Streaming messages"). */
export function anthropicGrammar(report: Report): Grammar {
  const open = new Map<unknown, Block>()
  let state: 'start' | 'content' | 'closing' | 'stopped' | 'error' = 'start'
  let nextIndex = 0
  let stopReason: unknown
  let outputTokens = 0
  /** Tool calls whose JSON is cut, and blocks left open: right only where the stop reason is max_tokens. */
  const forgivable: (readonly [rule: string, expected: string, got: unknown])[] = []

  const messageStart = (body: Body) => {
    if (state !== 'start') {
      report.broken('A3', 'message_start once, as the first event', 'another message_start')
      return
    }
    state = 'content'
    const message = asObject(body['message']) ?? {}
    const usage = asObject(message['usage']) ?? {}
    const fits: Readonly<Record<string, boolean>> = {
      id: typeof message['id'] === 'string',
      type: message['type'] === 'message',
      role: message['role'] === 'assistant',
      model: typeof message['model'] === 'string',
      content: Array.isArray(message['content']) && message['content'].length === 0,
      stop_reason: message['stop_reason'] === null,
      'usage.input_tokens': typeof usage['input_tokens'] === 'number',
      'usage.output_tokens': typeof usage['output_tokens'] === 'number',
    }
    const missing = Object.keys(fits).filter((name) => !fits[name])
    if (missing.length > 0) report.broken('A3', `message_start with a right ${missing.join(', ')}`, message)
  }

  const blockStart = (body: Body) => {
    const { index, content_block: block } = body
    if (state === 'closing') report.broken('A6', 'no block after message_delta', body)
    if (index !== nextIndex) report.broken('A4', `block index ${nextIndex}`, index)
    if (open.size > 0) report.warn('A4', 'a block to start when none is open', `block ${String(index)}`)
    if (typeof index === 'number') nextIndex = index + 1
    const type = asObject(block)?.['type']
    if (typeof type !== 'string') report.broken('A5', 'a content_block with a type', block)
    open.set(index, { type: String(type) })
  }

  const blockDelta = ({ index, delta }: Body) => {
    const block = open.get(index)
    const { type, partial_json: json } = asObject(delta) ?? {}
    if (!block) {
      report.broken('A5', 'a delta of an open block', `a delta of block ${String(index)}`)
      return
    }
    const fitting = deltasOf[block.type]
    if (fitting && !fitting.includes(String(type)))
      report.broken('A5', `in a ${block.type} block one of ${fitting.join(', ')}`, type)
    if (typeof json !== 'string') return
    block.json ??= createJsonText()
    block.json.push(json)
  }

  const blockStop = ({ index }: Body) => {
    const block = open.get(index)
    if (!block) report.broken('A6', 'the stop of an open block', `a stop of block ${String(index)}`)
    else if (block.json && !block.json.isEmpty() && !block.json.isWhole())
      forgivable.push(['A11', 'tool input that is JSON', `block ${String(index)} ends within it`])
    open.delete(index)
  }

  const messageDelta = (body: Body) => {
    for (const index of state === 'content' ? open.keys() : [])
      forgivable.push(['A6', 'each block to stop before message_delta', `block ${String(index)} is open`])
    state = 'closing'
    stopReason = asObject(body['delta'])?.['stop_reason'] ?? stopReason
    const tokens = asObject(body['usage'])?.['output_tokens']
    if (typeof tokens !== 'number') return
    if (tokens < outputTokens) report.broken('A7', `output_tokens of at least ${outputTokens}`, tokens)
    outputTokens = tokens
  }

  const messageStop = () => {
    if (state !== 'closing') report.broken('A7', 'a message_delta before message_stop', 'none')
    else if (!stopReasons.includes(String(stopReason)))
      report.broken('A7', `a stop_reason, one of ${stopReasons.join(', ')}`, stopReason)
    const tell = stopReason === 'max_tokens' ? report.warn : report.broken
    for (const finding of forgivable) tell(...finding)
    state = 'stopped'
  }

  const error = (body: Body) => {
    const { type, message } = asObject(body['error']) ?? {}
    if (typeof type !== 'string' || typeof message !== 'string')
      report.broken('A10', 'an error with a type and a message', body)
    state = 'error'
  }

  const acts: Readonly<Record<string, (body: Body) => void>> = {
    message_start: messageStart,
    content_block_start: blockStart,
    content_block_delta: blockDelta,
    content_block_stop: blockStop,
    message_delta: messageDelta,
    message_stop: messageStop,
    error,
  }

  return {
    event(type, data) {
      const body = parseObject(data)
      if (!body) {
        report.broken('json_malformed', 'an event whose data is a JSON object', data)
        return
      }
      const name = body['type']
      if (typeof name !== 'string' || name !== type)
        report.broken('A2', `an event named as its type, ${JSON.stringify(name ?? null)}`, type)
      if (name === 'ping') return
      if (state === 'error') report.broken('error_then_success', 'nothing but ping after an error', name)
      else if (state === 'stopped') report.broken('A8', 'nothing after message_stop', name)
      else if (state === 'start' && known.includes(String(name)))
        report.broken('A3', 'message_start as the first event', name)
      const act = Object.hasOwn(acts, String(name)) ? acts[String(name)] : undefined
      if (!act) report.warn('A9', 'a known event', name)
      else if (state !== 'stopped' && state !== 'error') act(body)
    },
    // A text more in the same block changes nothing.
    again() {},
    end() {
      if (state === 'stopped') return 'whole'
      if (state === 'error') return 'error'
      report.broken('A8', 'message_stop as the last event', 'the end of the body')
      return 'cut'
    },
  }
}
