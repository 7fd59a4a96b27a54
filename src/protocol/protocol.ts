import type { ProtocolName } from '../model/protocol-name.ts'

/** What a stream asks for. `model` is what the gateway's router wants, such as `mock,mock-model`. */
export interface Ask {
  readonly model: string
  readonly prompt: string
  readonly maxTokens: number
  /** Tools that the answer may call; each takes a `text`. */
  readonly tools?: readonly Tool[]
}

/**
 * What one SSE event means to a stream: `delta` carries generated content, `finish` says why generation ended, `last-delta`
 * does both; `terminal` is the event that must be the last, `completed` the same where it also says why generation ended;
 * `error` is an error told in the stream, `odd-error` one in a shape that is not the protocol's, `malformed` no event of the
 * protocol; `ping` says nothing.
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
  | 'ping'
  | 'other'

/** Generated content of one event. `index` tells apart the tool calls of one answer; `name` comes with the first part of each. */
export interface Part {
  readonly kind: 'text' | 'thinking' | 'tool'
  readonly index: number
  readonly text: string
  readonly name?: string
}

/** What one event says. Stop reasons are told in Anthropic's words; one that has none there, as it came. */
export interface Reading {
  readonly meaning: Meaning
  readonly parts: readonly Part[]
  readonly stop?: string
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly model?: string
}

/** A tool that a model may call with a text. */
export interface Tool {
  readonly name: string
  readonly description: string
}

/** One wire protocol: where to post, what to post, and how to read what comes back. */
export interface Protocol {
  readonly name: ProtocolName
  /** Path below the target's base URL. */
  readonly path: string
  /** Request headers beside those of HTTP itself. */
  readonly headers: Readonly<Record<string, string>>
  /** The request's JSON body; `stream` is true. */
  readonly request: (ask: Ask) => object
  /** Reads an event: its type as an EventSource would dispatch it, its data as text. */
  readonly read: (type: string, data: string) => Reading
  /** An error body in the provider's shape. */
  readonly error: (status: number, message: string) => object
}

/** Writes one SSE event; `type` undefined leaves the `event:` line out. `data` must hold no line end. */
export function frame(type: string | undefined, data: string): string {
  return type === undefined ? `data: ${data}\n\n` : `event: ${type}\ndata: ${data}\n\n`
}

let lastText: string | undefined
let lastObject: Readonly<Record<string, unknown>> | undefined

/** Parses JSON that came over a wire; undefined where it is no JSON object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  // The meaning of an event and its grammar are asked one after the other.
  if (text === lastText) return lastObject
  try {
    lastObject = asObject(JSON.parse(text))
    lastText = text
    return lastObject
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** The value as an object whose members are unknown; undefined where it is none. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** A number that came over a wire; undefined where it is none. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** A text that came over a wire; undefined where it is none. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** What each tool takes, as JSON Schema. */
export const toolParameters = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } as const

/** An event that says nothing but what it is. */
export function meaningOnly(meaning: Meaning): Reading {
  return { meaning, parts: [] }
}

/** Whether a value is a string with something in it. */
export function hasText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0
}
