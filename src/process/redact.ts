import { stripVTControlCharacters } from 'node:util'

const keyed =
  /((?:proxy-)?authorization|(?:x-)?api[-_]?key|(?:set-)?cookie|[a-z_-]*(?:secret|password|token))(["'\\]*\s*[:=]\s*["'\\]*)((?:(?:bearer|basic|token)\s+)?)([^\s"'\\,;}]+)/gi
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi
const prefixed = /\b(?:sk|pk|ghp|gho|xox[abp])[-_][\w-]{8,}/g
const inUrl = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*(?::[^\s/@]*)?@/gi
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** Makes a line that another program printed fit to be shown: no secret, no terminal control sequence. */
export function redact(line: string): string {
  return stripVTControlCharacters(line)
    .replace(control, '')
    .replace(inUrl, '$1[redacted]@')
    .replace(keyed, '$1$2$3[redacted]')
    .replace(bearer, '$1 [redacted]')
    .replace(prefixed, '[redacted]')
}
