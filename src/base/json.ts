/** Parses JSON; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Whether JSON is nested deeper than `limit`. Check before parsing: to serialize it again would need stack for each level. */
export function isTooDeep(json: Buffer, limit: number): boolean {
  let depth = 0
  let isInString = false
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === 0x22) isInString = !isInString
    else if (isInString) {
      if (byte === 0x5c) i++
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limit) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

/** Levels of nested values in JSON that another program sent as an answer. */
const answerDepth = 32

/** Parses the JSON of an answer; undefined if it is not JSON, or nested deeper than 32 levels. */
export function parseAnswer(json: Buffer): unknown {
  return isTooDeep(json, answerDepth) ? undefined : parseJson(json.toString())
}

/** A parsed JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

let lastText: string | undefined
let lastObject: JsonObject | undefined

/** Parses received JSON; undefined if it is not a JSON object. */
export function parseObject(text: string): JsonObject | undefined {
  // The protocol and the grammar parse the same event one after the other, so the last object is cached.
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

/** The value as an object with unknown members; undefined if it is not an object. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** A received number; undefined if the value is not a number. */
export function asNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** A received text; undefined if the value is not a string. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Whether a value is a non-empty string. */
export function hasText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0
}
