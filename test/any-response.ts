import { Buffer } from 'node:buffer'
import fc from 'fast-check'

/** A well-formed response: its bytes and what a client has to make of them. */
export interface AnyResponse {
  readonly bytes: Buffer
  readonly status: number
  readonly body: Buffer
}

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const piece = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
const value = fc.string({ unit: fc.constantFrom('a', ' ', '\t', ':', ';', '"', ',', 'é'), maxLength: 12 })
const field = fc.tuple(fc.constantFrom('X-A', 'x-b', 'Set-Cookie', 'DATE', "!#$%&'*+.^_`|~"), value)
const fields = fc
  .array(
    field.map(([name, text]) => `${name}: ${text}\r\n`),
    { maxLength: 4 },
  )
  .map((all) => all.join(''))
const reason = fc.constantFrom(' OK', ' ', '', ' Not Found: really')
const interim = fc.constantFrom('HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')
const extension = fc.constantFrom('', ';a', ';a=b', ';a="b c";d=e')

const chunked = fc
  .tuple(fc.array(fc.tuple(piece, extension, fc.boolean()), { maxLength: 6 }), extension, fields)
  .map(([parts, lastExtension, trailers]) => {
    const chunks = parts
      .filter(([data]) => data.length > 0)
      .map(([data, ext, upper]) => {
        const hex = data.length.toString(16).padStart(upper ? 4 : 1, '0')
        return Buffer.concat([latin1(`${upper ? hex.toUpperCase() : hex}${ext}\r\n`), data, latin1('\r\n')])
      })
    return {
      framing: 'Transfer-Encoding: Chunked\r\n',
      sent: Buffer.concat([...chunks, latin1(`0${lastExtension}\r\n${trailers}\r\n`)]),
      body: Buffer.concat(parts.map(([data]) => data)),
    }
  })
const withLength = piece.map((body) => ({ framing: `Content-Length: ${body.length}\r\n`, sent: body, body }))
const untilClose = piece.map((body) => ({ framing: '', sent: body, body }))

/** Responses with interim ones before them, any headers, extensions and trailers, in each of the three framings. */
export const anyResponse: fc.Arbitrary<AnyResponse> = fc
  .record({
    before: fc.array(interim, { maxLength: 2 }),
    status: fc.constantFrom(200, 201, 302, 404, 503),
    reason,
    fields,
    message: fc.oneof(chunked, withLength, untilClose),
  })
  .map(({ before, status, reason, fields, message: { framing, sent, body } }) => ({
    bytes: Buffer.concat([latin1(`${before.join('')}HTTP/1.1 ${status}${reason}\r\n${fields}${framing}\r\n`), sent]),
    status,
    body,
  }))

/** The same with a few bytes changed, left out or put in. */
export const brokenResponse: fc.Arbitrary<Buffer> = fc
  .tuple(
    anyResponse,
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 1 }), fc.constantFrom('', '\r', '\n', ' ', '0', 'f', ';', '\0', 'x')), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([{ bytes }, changes]) =>
    changes.reduce((before, [position, removed, added]) => {
      const at = position % (before.length + 1)
      return Buffer.concat([before.subarray(0, at), latin1(added), before.subarray(at + removed)])
    }, bytes),
  )
