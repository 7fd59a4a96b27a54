/** Parses JSON; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

/** Whether JSON is nested deeper than `limit`. Check before parsing: writing it again would need stack for each level. */
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
