import { asNumber, type JsonObject, parseJson } from '../base/json.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { History } from './history.ts'

/** What a stream requests. `model` is written as the gateway's router expects it, such as `mock,mock-model`. */
export interface Ask {
  readonly model: string
  readonly prompt: string
  readonly maxTokens: number
  /** Tools that the answer may call; each has one argument, `text`. */
  readonly tools?: readonly Tool[]
  /** Id of the client's session. */
  readonly session: string
  /** The conversation before this request; absent: it is the first one of its session. */
  readonly history?: History
}

/**
 * What one SSE event means in its stream. `delta` carries generated content, `finish` the stop reason, `last-delta` both.
 * `terminal` must be the last event; `completed` is a terminal event with the stop reason. `error` is an error event,
 * `odd-error` an error in another protocol's format. `malformed` is not JSON, `not-an-event` is JSON, but not an event of the
 * protocol. `ping` carries nothing.
 */
export type Meaning =
  | 'delta'
  | 'finish'
  | 'last-delta'
  | 'terminal'
  | 'completed'
  | 'error'
  | 'odd-error'
  | 'malformed'
  | 'not-an-event'
  | 'ping'
  | 'other'

/**
 * Generated content of one event. `index` identifies the tool call within the answer; `name` is in its first part, and may be in later ones. `isForeign`:
 * what `index` identifies is no text, thinking or call for the client.
 */
export interface Part {
  readonly kind: 'text' | 'thinking' | 'tool'
  readonly index: number
  readonly text: string
  readonly name?: string
  readonly isForeign?: true
}

/** The content of one event. The stop reason is as the protocol spells it (see `stopNames`). */
export interface Reading {
  readonly meaning: Meaning
  readonly parts: readonly Part[]
  readonly stop?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly model?: string
}

/** A tool with one argument, `text`, that a model may call. */
interface Tool {
  readonly name: string
  readonly description: string
}

/** One wire protocol: where to post, how to write a tool and a key, and how to read what comes back. `profiles/` has the requests. */
export interface Protocol {
  readonly name: ProtocolName
  /** Path under the base URL of the target. */
  readonly path: string
  /** The header that carries an API key, as the protocol's SDK sends it. */
  readonly keyHeader: (key: string) => readonly [name: string, value: string]
  /** A tool as an element of a request's `tools`. */
  readonly tool: (tool: Tool) => object
  /** Reads an event. `type` is the event type that an EventSource would dispatch. */
  readonly read: (type: string, data: string) => Reading
  /** An error body in the provider's format. */
  readonly error: (status: number, message: string) => object
}

/** One SSE event as text. Without `type` it has no `event:` line. `data` must not contain a line end. */
export function frame(type: string | undefined, data: string): string {
  return type === undefined ? `data: ${data}\n\n` : `event: ${type}\ndata: ${data}\n\n`
}

/** The token counts of a usage object of Anthropic Messages or OpenAI Responses. */
export function usageTokens(usage: JsonObject | undefined) {
  return { inputTokens: asNumber(usage?.['input_tokens']), outputTokens: asNumber(usage?.['output_tokens']) }
}

/** The arguments of each tool, as JSON Schema. */
export const toolParameters = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const

/** A received stop reason as text. */
export function stopText(value: unknown): string {
  return typeof value === 'string' ? value : `a ${typeof value}, not a text`
}

/** The reading of an event without content. */
export function meaningOnly(meaning: Meaning): Reading {
  return { meaning, parts: [] }
}

/** The reading of data that is not an object with the members of an event. */
export function notAnEvent(data: string): Reading {
  return meaningOnly(parseJson(data) === undefined ? 'malformed' : 'not-an-event')
}
