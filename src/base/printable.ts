/** Maximum length of an excerpt of foreign text in a report, in characters. */
const defaultLength = 200

/**
 * Terminal sequences: those with parameters, such as colours; texts for the terminal, such as window titles; all others. No
 * repetition can pass the start of another sequence: the time that `stripVTControlCharacters` of Node.js takes is quadratic.
 */
const sequences =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g

/** Removes terminal sequences, and replaces control characters and line breaks with spaces: one line that is safe to print. */
export function singleLine(text: string): string {
  return text.replace(sequences, '').replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** A trimmed single line of foreign text, cut to `length` characters. */
export function printable(text: string, length = defaultLength): string {
  // Foreign text may be huge: cut it before the expensive replacements.
  const line = singleLine(text.slice(0, 16 * length)).trim()
  return line.length <= length ? line : `${line.slice(0, length - 1).replace(/\p{Cs}$/u, '')}…`
}
