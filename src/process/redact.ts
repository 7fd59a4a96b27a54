import { singleLine } from '../base/printable.ts'
import { withoutSecrets } from './secrets.ts'

const keyed =
  /((?:proxy-)?authorization|(?:x-)?api[-_]?key|(?:set-)?cookie|[a-z_-]{0,40}(?:secret|password|token))(["'\\]*\s*[:=]\s*["'\\]*)((?:(?:bearer|basic|token)\s+)?)([^\s"'\\,;}]+)/gi
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi
const prefixed = /\b(?:sk|pk|ghp|gho|xox[abp])[-_][\w-]{8,}/g
const inUrl = /(\b[a-z][a-z0-9+.-]{0,40}:\/\/)[^\s/@:]*(?::[^\s/@]*)?@/gi

/** Makes a line from another program safe to print: removes secrets and terminal control sequences. */
export function redact(line: string): string {
  return withoutSecrets(singleLine(line))
    .replace(inUrl, '$1[redacted]@')
    .replace(keyed, '$1$2$3[redacted]')
    .replace(bearer, '$1 [redacted]')
    .replace(prefixed, '[redacted]')
}
