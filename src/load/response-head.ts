/** A response's head: how its body ends is `'none'`, `'chunked'`, `'close'` (with the connection) or a number of bytes. */
export interface ResponseHead {
  readonly status: number
  /** Names in lower case; values of repeated headers joined by a comma. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: 'none' | 'chunked' | 'close' | number
}

/** Reads a head as text, its lines' ends included (RFC 9112, sections 4 to 6); a string says what is wrong with it. */
export function parseResponseHead(text: string): ResponseHead | string {
  const [statusLine = '', ...lines] = text.trimEnd().split(/\r?\n/)
  const status = Number(/^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/.exec(statusLine)?.[1])
  if (!status) return `bad status line ${quote(statusLine)}`
  if (status === 101) return 'status 101 was not asked for'
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return `bad header line ${quote(line)}`
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = headers.get(name)
    if (name === 'content-length' && before !== undefined && before !== value) return 'two Content-Lengths that differ'
    headers.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`)
  }
  const body = bodyEnd(status, headers)
  return typeof body === 'object' ? body.wrong : { status, headers, body }
}

/** RFC 9112, section 6.3: Transfer-Encoding goes before Content-Length, and without both the connection's end is the body's. */
function bodyEnd(status: number, headers: ReadonlyMap<string, string>): ResponseHead['body'] | { wrong: string } {
  const coding = headers.get('transfer-encoding')?.toLowerCase()
  const length = headers.get('content-length')
  if (status < 200 || status === 204 || status === 304) return 'none'
  if (coding === 'chunked') return 'chunked'
  if (coding !== undefined) return { wrong: `unknown transfer coding ${quote(coding)}` }
  if (length === undefined) return 'close'
  return /^\d{1,15}$/.test(length) ? Number(length) : { wrong: `bad Content-Length ${quote(length)}` }
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
