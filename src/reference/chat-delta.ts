import { asObject, hasText, type JsonObject } from '../base/json.ts'
import { type Failure, malformed } from './failure.ts'
import type { ContentEvent } from './upstream-event.ts'

/** Maximum size of a stream's tool arguments, in characters. They are buffered until the call is complete. */
const maxArgumentChars = 8 * 1024 * 1024
const maxToolCalls = 1_024

/** The state of one choice of a stream. */
export interface ChoiceState {
  hasRole: boolean
  finished: boolean
  readonly tools: Map<number, { readonly id: string; arguments: string }>
  argumentChars: number
}

/** The state of a choice before its first delta. */
export function newChoiceState(): ChoiceState {
  return { hasRole: false, finished: false, tools: new Map(), argumentChars: 0 }
}

/** A valid part of a chunk (the same object if nothing was missing), or a failure. */
type Checked = { readonly fields: JsonObject } | { readonly failure: Failure }

/** Reads one delta into `events`. Adds a missing role of the first delta, and a tool call's missing index, id and type. */
export function readDelta(delta: JsonObject, state: ChoiceState, events: ContentEvent[]): Checked {
  for (const name of ['content', 'refusal', 'reasoning_content', 'reasoning'])
    if (delta[name] != null && typeof delta[name] !== 'string')
      return { failure: malformed(`a delta whose ${name} is not a string`) }
  const thinking = delta['reasoning_content'] ?? delta['reasoning']
  if (hasText(thinking)) events.push({ kind: 'thinking', text: thinking as string })
  const text = hasText(delta['content']) ? delta['content'] : delta['refusal']
  if (hasText(text)) events.push({ kind: 'text', text: text as string })
  let fixed = delta
  if (!state.hasRole) {
    state.hasRole = true
    if (typeof delta['role'] !== 'string') fixed = { ...delta, role: 'assistant' }
  }
  const calls = delta['tool_calls']
  if (calls == null) return { fields: fixed }
  if (!Array.isArray(calls)) return { failure: malformed('tool_calls that are not an array') }
  const checked: object[] = []
  for (const [position, entry] of calls.entries()) {
    const call = readToolCall(asObject(entry), position, state, events)
    if ('failure' in call) return call
    checked.push(call.fields)
  }
  return { fields: checked.every((call, i) => call === calls[i]) ? fixed : { ...fixed, tool_calls: checked } }
}

function readToolCall(
  call: JsonObject | undefined,
  position: number,
  state: ChoiceState,
  events: ContentEvent[],
): Checked {
  const part = asObject(call?.['function'])
  const index = call?.['index'] ?? position
  if (!call || typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= maxToolCalls)
    return { failure: malformed('a tool call without a usable index') }
  let fixed = call['index'] === undefined ? { ...call, index } : call
  const known = state.tools.get(index)
  if (!known) {
    const name = part?.['name']
    if (!hasText(name)) return { failure: malformed(`a first fragment of tool call ${index} without a name`) }
    const id = hasText(call['id']) ? (call['id'] as string) : `call_${index}`
    if (call['id'] !== id || call['type'] !== 'function') fixed = { ...fixed, id, type: 'function' }
    state.tools.set(index, { id, arguments: '' })
    events.push({ kind: 'tool-start', tool: index, id, name: name as string })
  } else if (hasText(call['id']) && call['id'] !== known.id) {
    return { failure: malformed(`conflicting ids for tool call ${index}`) }
  }
  const json = part?.['arguments']
  if (!hasText(json)) return { fields: fixed }
  const fragment = json as string
  state.argumentChars += fragment.length
  if (state.argumentChars > maxArgumentChars)
    return { failure: malformed(`more than ${maxArgumentChars} characters of tool arguments`) }
  const tool = state.tools.get(index)
  if (tool) tool.arguments += fragment
  events.push({ kind: 'tool-arguments', tool: index, json: fragment })
  return { fields: fixed }
}
