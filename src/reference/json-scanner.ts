/** Watches JSON text come in pieces, in time linear in its length. */
export interface JsonScanner {
  readonly push: (text: string) => void
  /** Whether an object or array has come to its end, or no more will come. */
  readonly isWhole: () => boolean
  /** No more will come. */
  readonly close: () => void
}

/** Makes a scanner; it finds where a value ends, and does not check that it is right. */
export function createJsonScanner(): JsonScanner {
  let depth = 0
  let isInString = false
  let isEscaped = false
  let isWhole = false

  function push(text: string): void {
    for (let i = 0; i < text.length && !isWhole; i++) {
      const char = text[i]
      if (isEscaped) isEscaped = false
      else if (isInString) {
        if (char === '\\') isEscaped = true
        else if (char === '"') isInString = false
      } else if (char === '"') isInString = true
      else if (char === '{' || char === '[') depth++
      else if ((char === '}' || char === ']') && --depth <= 0) isWhole = true
    }
  }

  return {
    push,
    isWhole: () => isWhole,
    close: () => {
      isWhole = true
    },
  }
}
