import { asObject, hasText, type JsonObject } from '../base/json.ts'
import { type Failure, malformed } from './failure.ts'
import type { ContentEvent, FinishReason } from './upstream-event.ts'

/** Maximum size of a stream's tool arguments, in characters. They are buffered until the call is complete. */
const maxArgumentChars = 8 * 1024 * 1024
const maxToolCalls = 1_024

/** The state of one choice of a stream. */
export interface ChoiceState {
  hasRole: boolean
  /** Whether any text, thinking or tool call has arrived. */
  hasContent: boolean
  finish: FinishReason | undefined
  readonly tools: Map<number, ToolCall>
  argumentChars: number
}

interface ToolCall {
  readonly id: string
  readonly name: string
  arguments: string
}

/** The state of a choice before its first delta. */
export function newChoiceState(): ChoiceState {
  return { hasRole: false, hasContent: false, finish: undefined, tools: new Map(), argumentChars: 0 }
}

/** A valid part of a chunk (the same object if nothing was missing), or a failure. */
type Checked = { readonly fields: JsonObject } | { readonly failure: Failure }

/**
 * Reads the delta of a choice into `events`; a message has the same members. Adds a missing delta, a missing role of the first
 * delta, and a tool call's missing index, id and type. Arguments that are an object become JSON text.
 */
export function readDelta(choice: JsonObject, state: ChoiceState, events: ContentEvent[]): Checked {
  const delta = asObject(choice['delta'])
  if (delta) return readFields(delta, state, events)
  if (choice['delta'] != null) return { failure: malformed('a choice whose delta is not an object') }
  if (choice['message'] != null || hasText(choice['text']))
    return { failure: malformed('a choice with a message instead of a delta') }
  return readFields({}, state, events)
}

/** Reads the members of a delta or a message into `events`. */
export function readFields(delta: JsonObject, state: ChoiceState, events: ContentEvent[]): Checked {
  for (const name of ['content', 'refusal', 'reasoning_content', 'reasoning'])
    if (delta[name] != null && typeof delta[name] !== 'string')
      return { failure: malformed(`a delta whose ${name} is not a string`) }
  const before = events.length
  const thinking = delta['reasoning_content'] ?? delta['reasoning']
  if (hasText(thinking)) events.push({ kind: 'thinking', text: thinking as string })
  for (const text of [delta['content'], delta['refusal']])
    if (hasText(text)) events.push({ kind: 'text', text: text as string })
  if (events.length > before) state.hasContent = true
  let fixed = delta
  if (!state.hasRole) {
    state.hasRole = true
    if (typeof delta['role'] !== 'string') fixed = { ...delta, role: 'assistant' }
  }
  const legacyCall = asObject(delta['function_call'])
  if (legacyCall) {
    const read = readToolCall({ index: 0, id: 'call_0', type: 'function', function: legacyCall }, state, events)
    if ('failure' in read) return read
  }
  const calls = delta['tool_calls']
  if (calls == null) return { fields: fixed }
  if (!Array.isArray(calls)) return { failure: malformed('tool_calls that are not an array') }
  const checked: object[] = []
  for (const entry of calls) {
    const call = readToolCall(asObject(entry), state, events)
    if ('failure' in call) return call
    checked.push(call.fields)
  }
  return { fields: checked.every((call, i) => call === calls[i]) ? fixed : { ...fixed, tool_calls: checked } }
}

function readToolCall(call: JsonObject | undefined, state: ChoiceState, events: ContentEvent[]): Checked {
  const part = asObject(call?.['function'])
  const index = call?.['index'] ?? impliedIndex(call?.['id'], state)
  if (!call || typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= maxToolCalls)
    return { failure: malformed('a tool call without a usable index') }
  const id = hasText(call['id']) ? (call['id'] as string) : undefined
  const name = hasText(part?.['name']) ? (part?.['name'] as string) : undefined
  let fixed = call['index'] === index ? call : { ...call, index }
  let tool = state.tools.get(index)
  if (!tool) {
    if (name === undefined) return { failure: malformed(`a first fragment of tool call ${index} without a name`) }
    tool = { id: id ?? `call_${index}`, name, arguments: '' }
    if ([...state.tools.values()].some((earlier) => earlier.id === tool?.id))
      return { failure: malformed('two tool calls with the same id') }
    if (call['id'] !== tool.id || call['type'] !== 'function') fixed = { ...fixed, id: tool.id, type: 'function' }
    state.tools.set(index, tool)
    state.hasContent = true
    events.push({ kind: 'tool-start', tool: index, id: tool.id, name })
  } else if (id !== undefined && id !== tool.id) return { failure: malformed(`conflicting ids for tool call ${index}`) }
  else if (name !== undefined && name !== tool.name)
    return { failure: malformed(`conflicting names for tool call ${index}`) }
  const json = argumentText(part?.['arguments'])
  if (json === undefined) return { failure: malformed('tool arguments that are neither a string nor an object') }
  if (json === '') return { fields: fixed }
  if (json !== part?.['arguments']) fixed = { ...fixed, function: { ...part, arguments: json } }
  state.argumentChars += json.length
  if (state.argumentChars > maxArgumentChars)
    return { failure: malformed(`more than ${maxArgumentChars} characters of tool arguments`) }
  tool.arguments += json
  events.push({ kind: 'tool-arguments', tool: index, json })
  return { fields: fixed }
}

/** The index of a fragment without one: an id that is new starts the next call, and the rest continues the last call. */
function impliedIndex(id: unknown, { tools }: ChoiceState): number {
  if (!hasText(id)) return Math.max(0, tools.size - 1)
  for (const [index, tool] of tools) if (tool.id === id) return index
  return tools.size
}

/** A fragment of arguments; some providers send all of them as an object. Undefined if it is something else. */
function argumentText(value: unknown): string | undefined {
  if (value == null) return ''
  if (typeof value === 'string') return value
  return asObject(value) ? JSON.stringify(value) : undefined
}
