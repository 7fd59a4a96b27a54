import { trimBlanks } from './response-head.ts'

/** A parsed Content-Type header. */
interface ContentType {
  /** The MIME type without parameters, in lower case; undefined if the header has no valid one. */
  readonly essence: string | undefined
  /** Whether the header is a list, as it also is when it is sent twice. */
  readonly isList: boolean
}

const essencePattern = /^([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)[ \t]*(?:;|$)/

/** Reads a Content-Type as the Fetch standard does ("extract a MIME type"): of several, the last valid one counts. */
export function readContentType(header: string): ContentType {
  const values = splitList(header)
  const essences = values
    .map((value) => essencePattern.exec(value)?.[1]?.toLowerCase())
    .filter((essence) => essence !== undefined && essence !== '*/*')
  return { essence: essences.at(-1), isList: values.length > 1 }
}

/** Splits a header at its commas, except those in quoted strings (Fetch, "get, decode, and split"). */
export function splitList(header: string): readonly string[] {
  const values: string[] = []
  let from = 0
  let isQuoted = false
  for (let at = 0; at < header.length; at++) {
    const char = header[at]
    if (isQuoted && char === '\\') at++
    else if (char === '"') isQuoted = !isQuoted
    else if (char === ',' && !isQuoted) {
      values.push(trimBlanks(header.slice(from, at)))
      from = at + 1
    }
  }
  values.push(trimBlanks(header.slice(from)))
  return values
}
