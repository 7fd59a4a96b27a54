/** A response's head. `body` is how the body ends: no body, chunked, when the connection closes, or a number of bytes. */
interface ResponseHead {
  readonly status: number
  /** Names in lower case; values of repeated headers joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: 'none' | 'chunked' | 'close' | number
  /** What a sender must not send, but some clients accept. */
  readonly tolerated: readonly string[]
}

/** Field lines by name in lower case, and what is tolerated in them. */
interface Fields {
  readonly values: ReadonlyMap<string, string>
  readonly tolerated: readonly string[]
}

/** Maximum size of a head that Node.js and fetch accept by default, in bytes. */
const usualHeadBytes = 16 * 1024

let lastText: string | undefined
let lastHead: ResponseHead | string = ''

/** Parses a head including its line ends (RFC 9112, sections 4 to 6); returns a string if it is malformed. */
export function parseResponseHead(text: string): ResponseHead | string {
  // Many streams of a load receive the same head, so the last one is cached.
  if (text !== lastText) {
    lastHead = readResponseHead(text)
    lastText = text
  }
  return lastHead
}

function readResponseHead(text: string): ResponseHead | string {
  const lineEnd = text.indexOf('\n')
  const statusLine = text.slice(0, lineEnd).replace(/\r$/, '')
  const status = Number(/^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/.exec(statusLine)?.[1])
  if (!status || statusLine.includes('\r')) return `bad status line ${quote(statusLine)}`
  if (status === 101) return 'unexpected status 101'
  const fields = parseFields(text.slice(lineEnd + 1), text[lineEnd - 1] !== '\r')
  if (typeof fields === 'string') return fields
  const { values: headers } = fields
  const body = bodyEnd(status, headers)
  if (typeof body === 'object') return body.wrong
  const tolerated = [
    ...fields.tolerated,
    ...(text.length > usualHeadBytes
      ? [`a head of ${text.length} bytes (Node.js and fetch accept ${usualHeadBytes})`]
      : []),
    // Only fetch rejects it.
    ...(status === 100 ? ['100 Continue for a request without Expect'] : []),
    ...(status < 200 && closes(statusLine, headers) ? ['an interim response that closes'] : []),
  ]
  return { status, headers, body, tolerated }
}

/** Whether a response announces that the connection closes after it. */
function closes(statusLine: string, headers: ReadonlyMap<string, string>): boolean {
  return statusLine.startsWith('HTTP/1.0') || /\bclose\b/i.test(headers.get('connection') ?? '')
}

/** Parses field lines and the empty line after them (RFC 9112, section 5); returns a string if they are malformed. */
export function parseFields(text: string, hasBareLf = false): Fields | string {
  const values = new Map<string, string>()
  const tolerated = new Set<string>()
  if (hasBareLf || /(?:^|[^\r])\n/.test(text)) tolerated.add('a line that ends in LF without CR')
  // Folded lines are obsolete, but a client must accept them (RFC 9112, section 5.2).
  const lines = text.replace(/\r?\n[ \t]+/g, () => {
    tolerated.add('a folded header line')
    return ' '
  })
  for (const line of lines.split(/\r?\n/)) {
    if (line === '') continue
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || hasControl(value)) return `bad header line ${quote(line)}`
    const key = name.toLowerCase()
    const trimmed = trimBlanks(value)
    const before = values.get(key)
    const isLength = key === 'content-length'
    if (isLength && before !== undefined) {
      if (before !== trimmed) return 'conflicting Content-Lengths'
      tolerated.add('two Content-Lengths')
    }
    values.set(key, before === undefined || isLength ? trimmed : `${before}, ${trimmed}`)
  }
  return { values, tolerated: [...tolerated] }
}

/** RFC 9112, section 6.3: without Transfer-Encoding and Content-Length, the body ends when the connection does. */
function bodyEnd(status: number, headers: ReadonlyMap<string, string>): ResponseHead['body'] | { wrong: string } {
  const coding = headers.get('transfer-encoding')?.toLowerCase()
  const length = headers.get('content-length')
  // A sender must not send both, because receivers disagree on where the body ends (RFC 9112, section 6.2).
  if (coding !== undefined && length !== undefined)
    return { wrong: `both Transfer-Encoding ${quote(coding)} and Content-Length ${quote(length)}` }
  if (length !== undefined && !/^0*\d{1,15}$/.test(length)) return { wrong: `bad Content-Length ${quote(length)}` }
  if (status < 200 || status === 204 || status === 304) return 'none'
  if (coding === 'chunked') return 'chunked'
  if (coding !== undefined) return { wrong: `unknown transfer coding ${quote(coding)}` }
  return length === undefined ? 'close' : Number(length)
}

/** Removes the spaces and tabs around a field value, and no other white space (RFC 9110, section 5.6.3). */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text[start])) start++
  while (end > start && isBlank(text[end - 1])) end--
  return text.slice(start, end)
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t'
}

/** Control characters other than tab are not allowed in a field value (RFC 9110, section 5.5). */
function hasControl(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true
  }
  return false
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
