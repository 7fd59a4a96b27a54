import { Buffer } from 'node:buffer'

/** The character between the name and the value of a field. */
export const COLON = 58

/** The names of the fields that an event stream may have; others are ignored. */
export const data: Buffer = Buffer.from('data')
export const event: Buffer = Buffer.from('event')
export const id: Buffer = Buffer.from('id')
export const retry: Buffer = Buffer.from('retry')
/** The bytes of all field names. */
export const fields: readonly Buffer[] = [data, event, id, retry]

/** The start of the text, after a byte order mark if there is one. */
export function afterBom(bytes: Buffer, from: number, to: number): number {
  const marked = to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
  return marked ? from + 3 : from
}

/** The end of the field name: the first colon, or the end of the line. */
export function endOfName(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== COLON) at++
  return at
}

/** Whether `bytes[from..to)` are this name. */
export function matches(name: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
  return true
}
