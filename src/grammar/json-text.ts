/** JSON text that comes in pieces (RFC 8259), checked without being kept. */
export interface JsonText {
  push(text: string): void
  /** Whether all that came is one JSON value. */
  isWhole(): boolean
  /** Whether nothing came but blanks. */
  isEmpty(): boolean
}

/** Levels of nesting at most: deeper is not taken for JSON. */
const maxDepth = 10_000

const blank = /[ \t\n\r]/
const word = /[-+.\w]/
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
/** Characters of a number or a name: longer than any that means something. */
const maxWord = 1100

type Wants = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'nothing'

/** Makes a checker at the start of a text. */
export function createJsonText(): JsonText {
  const closers: string[] = []
  let wants: Wants = 'value'
  let isWrong = false
  let isEmpty = true
  let string: 'no' | 'plain' | 'escaped' | number = 'no'
  let isKey = false
  let pending = ''

  const valueEnds = () => {
    wants = closers.length === 0 ? 'nothing' : 'comma-or-close'
  }
  const wordEnds = () => {
    if (pending === '') return
    if (!['true', 'false', 'null'].includes(pending) && !number.test(pending)) isWrong = true
    pending = ''
    valueEnds()
  }
  const inString = (char: string) => {
    if (typeof string === 'number') {
      if (!/[\da-fA-F]/.test(char)) isWrong = true
      string = string === 1 ? 'plain' : string - 1
    } else if (string === 'escaped') {
      if (!'"\\/bfnrtu'.includes(char)) isWrong = true
      string = char === 'u' ? 4 : 'plain'
    } else if (char === '\\') string = 'escaped'
    else if (char === '"') {
      string = 'no'
      if (isKey) wants = 'colon'
      else valueEnds()
    } else if (char < ' ') isWrong = true
  }
  const open = (closer: '}' | ']') => {
    if (closers.length === maxDepth) isWrong = true
    closers.push(closer)
    wants = closer === '}' ? 'key-or-close' : 'value-or-close'
  }
  const close = (char: string) => {
    const closable = wants === 'comma-or-close' || wants === (char === '}' ? 'key-or-close' : 'value-or-close')
    if (!closable || closers.pop() !== char) isWrong = true
    valueEnds()
  }
  const outside = (char: string) => {
    const wantsValue = wants === 'value' || wants === 'value-or-close'
    if (char === '"') {
      isKey = wants === 'key' || wants === 'key-or-close'
      if (!wantsValue && !isKey) isWrong = true
      string = 'plain'
    } else if (char === '}' || char === ']') close(char)
    else if (char === ',' && wants === 'comma-or-close') wants = closers.at(-1) === '}' ? 'key' : 'value'
    else if (char === ':' && wants === 'colon') wants = 'value'
    else if (!wantsValue) isWrong = true
    else if (char === '{') open('}')
    else if (char === '[') open(']')
    else if (word.test(char)) pending = char
    else isWrong = true
  }
  return {
    push(text) {
      for (let i = 0; i < text.length && !isWrong; i++) {
        const char = text[i] as string
        if (string !== 'no') inString(char)
        else if (pending !== '' && word.test(char) && pending.length < maxWord) pending += char
        else {
          wordEnds()
          if (blank.test(char)) continue
          isEmpty = false
          outside(char)
        }
      }
    },
    isWhole() {
      wordEnds()
      return !isWrong && wants === 'nothing'
    },
    isEmpty: () => isEmpty,
  }
}
