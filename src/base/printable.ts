import { stripVTControlCharacters } from 'node:util'

/** Maximum length of an excerpt of foreign text in a report, in characters. */
const defaultLength = 200

/** Removes terminal sequences, and replaces control characters and line breaks with spaces: one line that is safe to print. */
export function singleLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** A trimmed single line of foreign text, cut to `length` characters. */
export function printable(text: string, length = defaultLength): string {
  // Foreign text may be huge: cut it before the expensive replacements.
  const line = singleLine(text.slice(0, 16 * length)).trim()
  return line.length <= length ? line : `${line.slice(0, length - 1).replace(/\p{Cs}$/u, '')}…`
}
