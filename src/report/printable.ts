import { stripVTControlCharacters } from 'node:util'

/** Characters of one text from outside in a report at most. */
const longest = 200

/** Text that a server or a process sent, fit for a terminal: one line, no control sequence, cut to `length` characters. */
export function printable(text: string, length = longest): string {
  // A bound before the work, as what comes is not ours.
  const line = stripVTControlCharacters(text.slice(0, 16 * length))
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  return line.length <= length ? line : `${line.slice(0, length - 1).replace(/\p{Cs}$/u, '')}…`
}
