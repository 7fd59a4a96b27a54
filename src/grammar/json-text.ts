/** Validates JSON text (RFC 8259) that arrives in pieces, without keeping it. */
export interface JsonText {
  push(text: string): void
  /** Whether the text so far is one JSON value. */
  isComplete(): boolean
  /** Whether the text so far is one JSON object, or blank: a tool without arguments may send nothing. */
  isObject(): boolean
  /** Whether the text so far is a JSON object without its end. Call it before the others: they take the end as final. */
  isTruncated(): boolean
}

/** Nesting limit: deeper text is rejected. */
const maxDepth = 10_000

const blank = /[ \t\n\r]/
const literalChar = /[-+.\w]/
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
/** Maximum length of a number or literal, in characters: longer than any meaningful one. */
const maxLiteral = 1100

type Expected = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'nothing'

/** A validator at the start of a text. */
export function createJsonText(): JsonText {
  const closers: string[] = []
  let expected: Expected = 'value'
  let isInvalid = false
  /** The first character that is not blank. */
  let first = ''
  let string: 'no' | 'plain' | 'escaped' | number = 'no'
  let isKey = false
  let pending = ''

  const endValue = () => {
    expected = closers.length === 0 ? 'nothing' : 'comma-or-close'
  }
  const endLiteral = () => {
    if (pending === '') return
    if (!['true', 'false', 'null'].includes(pending) && !number.test(pending)) isInvalid = true
    pending = ''
    endValue()
  }
  const inString = (char: string) => {
    if (typeof string === 'number') {
      if (!/[\da-fA-F]/.test(char)) isInvalid = true
      string = string === 1 ? 'plain' : string - 1
    } else if (string === 'escaped') {
      if (!'"\\/bfnrtu'.includes(char)) isInvalid = true
      string = char === 'u' ? 4 : 'plain'
    } else if (char === '\\') string = 'escaped'
    else if (char === '"') {
      string = 'no'
      if (isKey) expected = 'colon'
      else endValue()
    } else if (char < ' ') isInvalid = true
  }
  const open = (closer: '}' | ']') => {
    if (closers.length === maxDepth) isInvalid = true
    closers.push(closer)
    expected = closer === '}' ? 'key-or-close' : 'value-or-close'
  }
  const close = (char: string) => {
    const closable = expected === 'comma-or-close' || expected === (char === '}' ? 'key-or-close' : 'value-or-close')
    if (!closable || closers.pop() !== char) isInvalid = true
    endValue()
  }
  const outside = (char: string) => {
    const expectsValue = expected === 'value' || expected === 'value-or-close'
    if (char === '"') {
      isKey = expected === 'key' || expected === 'key-or-close'
      if (!expectsValue && !isKey) isInvalid = true
      string = 'plain'
    } else if (char === '}' || char === ']') close(char)
    else if (char === ',' && expected === 'comma-or-close') expected = closers.at(-1) === '}' ? 'key' : 'value'
    else if (char === ':' && expected === 'colon') expected = 'value'
    else if (!expectsValue) isInvalid = true
    else if (char === '{') open('}')
    else if (char === '[') open(']')
    else if (literalChar.test(char)) pending = char
    else isInvalid = true
  }
  return {
    push(text) {
      for (let i = 0; i < text.length && !isInvalid; i++) {
        const char = text[i] as string
        if (string !== 'no') inString(char)
        else if (pending !== '' && literalChar.test(char) && pending.length < maxLiteral) pending += char
        else {
          endLiteral()
          if (blank.test(char)) continue
          first ||= char
          outside(char)
        }
      }
    },
    isComplete() {
      endLiteral()
      return !isInvalid && expected === 'nothing'
    },
    isObject() {
      return first === '' || (first === '{' && this.isComplete())
    },
    isTruncated() {
      return !isInvalid && first === '{' && expected !== 'nothing'
    },
  }
}
