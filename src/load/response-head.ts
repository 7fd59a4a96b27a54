/** A response's head. `body` is how the body ends: no body, chunked, when the connection closes, or a number of bytes. */
interface ResponseHead {
  readonly status: number
  /** Names in lower case; values of repeated headers joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: 'none' | 'chunked' | 'close' | number
}

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
  if (!status) return `bad status line ${quote(statusLine)}`
  if (status === 101) return 'unexpected status 101'
  const headers = parseFields(text.slice(lineEnd + 1))
  if (typeof headers === 'string') return headers
  const body = bodyEnd(status, headers)
  return typeof body === 'object' ? body.wrong : { status, headers, body }
}

/** Parses field lines and the empty line after them (RFC 9112, section 5); returns a string if they are malformed. */
export function parseFields(text: string): ReadonlyMap<string, string> | string {
  const fields = new Map<string, string>()
  // Folded lines are obsolete, but a client must accept them (RFC 9112, section 5.2).
  const lines = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  for (const line of lines) {
    if (line === '') continue
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined || hasControl(value)) return `bad header line ${quote(line)}`
    const error = addField(fields, name.toLowerCase(), value.trim())
    if (error !== undefined) return error
  }
  return fields
}

function addField(fields: Map<string, string>, name: string, value: string): string | undefined {
  const before = fields.get(name)
  if (name === 'content-length' && before !== undefined && before !== value) return 'conflicting Content-Lengths'
  fields.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`)
  return undefined
}

/** RFC 9112, section 6.3: without Transfer-Encoding and Content-Length, the body ends when the connection does. */
function bodyEnd(status: number, headers: ReadonlyMap<string, string>): ResponseHead['body'] | { wrong: string } {
  const coding = headers.get('transfer-encoding')?.toLowerCase()
  const length = headers.get('content-length')
  if (status < 200 || status === 204 || status === 304) return 'none'
  // A sender must not send both, because receivers disagree on where the body ends (RFC 9112, section 6.2).
  if (coding !== undefined && length !== undefined)
    return { wrong: `both Transfer-Encoding ${quote(coding)} and Content-Length ${quote(length)}` }
  if (coding === 'chunked') return 'chunked'
  if (coding !== undefined) return { wrong: `unknown transfer coding ${quote(coding)}` }
  if (length === undefined) return 'close'
  return /^\d{1,15}$/.test(length) ? Number(length) : { wrong: `bad Content-Length ${quote(length)}` }
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
