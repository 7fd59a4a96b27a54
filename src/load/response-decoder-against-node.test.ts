import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyResponse } from '../../test/fixtures/any-response.ts'
import { cutAnywhere } from '../../test/fixtures/cuts.ts'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
import { startHttpClients } from '../../test/fixtures/http-clients.ts'
import { oddBodies } from '../../test/fixtures/odd-bodies.ts'
import { oddHeads } from '../../test/fixtures/odd-heads.ts'
import { fin, withServer } from '../../test/fixtures/script-server.ts'

/** How a client reads a response: as malformed, or with its status, its body and whether it is complete. */
type Reading =
  | 'rejected'
  | { readonly status: number; readonly body: string; readonly complete: boolean }
  | 'cut before its end'

/** Sends bytes to `node:http` over a socket. */
async function readByNode(pieces: readonly Uint8Array[]): Promise<Reading> {
  const writes = pieces.filter(({ length }) => length > 0).map((piece) => Buffer.from(piece))
  return withServer([...writes, fin], ({ port }) => {
    const sent = request({ host: '127.0.0.1', port, agent: false })
    return new Promise((resolve) => {
      sent.on('response', (response) => {
        let body = ''
        response.setEncoding('latin1').on('data', (text: string) => {
          body += text
        })
        response.on('close', () => resolve({ status: response.statusCode ?? 0, body, complete: response.complete }))
        // `complete` shows that the body was cut off.
        response.on('error', () => {})
      })
      sent.on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code?.startsWith('HPE_') ? 'rejected' : 'cut before its end'),
      )
      sent.end()
    })
  })
}

function readByDecoder(pieces: readonly Uint8Array[]): Reading {
  const { heads, body, complete, state } = decodeResponse(pieces)
  if (state === 'malformed') return 'rejected'
  return heads[0] ? { status: heads[0].status, body, complete } : 'cut before its end'
}

describe('the decoder and node:http', () => {
  it('agree on any well-formed response', async () => {
    await fc.assert(
      fc.asyncProperty(cutAnywhere(anyResponse.map(({ bytes }) => bytes)), async ({ pieces }) => {
        assert.deepEqual(readByDecoder(pieces), await readByNode(pieces))
      }),
      { numRuns: 150 },
    )
  })

  it('agree on any truncated response', async () => {
    const cut = fc.tuple(anyResponse, fc.nat()).map(([{ bytes }, at]) => bytes.subarray(0, at % (bytes.length + 1)))
    await fc.assert(
      fc.asyncProperty(cutAnywhere(cut), async ({ pieces }) => {
        assert.deepEqual(readByDecoder(pieces), await readByNode(pieces))
      }),
      { numRuns: 150 },
    )
  })
})

const afterTheEnd =
  'RFC 9112, 9.2: bytes after a response do not belong to it, and fail a stream as http_trailing_garbage.'

/** Responses that the decoder reads in another way than node:http or fetch, and why that is right. */
const differences: readonly {
  readonly part: string
  /** What the decoder, node:http and fetch do: `otherwise` is reading another status or body than the decoder. */
  readonly seen: string
  readonly response?: RegExp
  readonly why: string
}[] = [
  {
    part: 'status line',
    seen: 'refused read read',
    response: /^(?:HTTP\/(?:0\.9|2\.0)|RTSP|ICE)/,
    why: 'The decoder only knows HTTP/1.0 and HTTP/1.1.',
  },
  {
    part: 'status line',
    seen: 'refused read read',
    response: /^\r?\n/,
    why: 'RFC 9112, 2.2: only a server skips empty lines before a message.',
  },
  {
    part: 'status',
    seen: 'refused read refused',
    response: /^HTTP\/1.1 0\d\d /,
    why: 'RFC 9110, 15: the first digit of a status is at least 1.',
  },
  {
    part: 'field name',
    seen: 'read refused refused',
    response: /^[^\n]+\n\n/,
    why: 'RFC 9112, 2.2: a bare LF may end a line, here the head. A warning.',
  },
  {
    part: 'field value',
    seen: 'read refused refused',
    response: /A:(?: b)?\n\r\n/,
    why: 'RFC 9112, 2.2: a bare LF may end a line. A warning.',
  },
  {
    part: 'folded line',
    seen: 'read refused refused',
    response: /\n[ \t]/,
    why: 'RFC 9112, 5.2: a client joins folded lines. A warning.',
  },
  {
    part: 'line end',
    seen: 'read refused refused',
    response: /(?:^|[^\r])\n|\n[ \t]/,
    why: 'RFC 9112, 2.2 and 5.2: as above. A warning.',
  },
  {
    part: 'line end',
    seen: 'refused refused read',
    response: /OK\r\r/,
    why: 'RFC 9112, 2.2: a bare CR is invalid.',
  },
  {
    part: 'line end',
    seen: 'refused refused read',
    response: /\r\n\r\n hi$/,
    why: afterTheEnd,
  },
  {
    part: 'Content-Length',
    seen: 'refused refused read',
    response: /length: (?:0+|1)\r\n\r\nhi$/i,
    why: afterTheEnd,
  },
  {
    part: 'Content-Length',
    seen: 'read read refused',
    response: /2\t\r/,
    why: 'RFC 9110, 5.5: blanks after a value do not belong to it.',
  },
  {
    part: 'Content-Length',
    seen: 'read refused refused',
    response: /(?:Content-Length: 2\r\n){2}/,
    why: 'RFC 9110, 8.6: a client may take identical values for one. A warning.',
  },
  {
    part: 'Transfer-Encoding',
    seen: 'refused read read',
    response: /Transfer-Encoding: /,
    why: 'RFC 9112, 6.1: chunked is the only coding that may be applied without TE in the request, and only once. Others read a coding that they do not know as a body without one.',
  },
  {
    part: 'Transfer-Encoding',
    seen: 'refused refused read',
    response: /Transfer-Encoding: {1,2}\r/,
    why: 'RFC 9112, 6.1: the field has at least one coding.',
  },
  {
    part: 'Transfer-Encoding',
    seen: 'read otherwise otherwise',
    response: /chunked\t\r/,
    why: 'RFC 9110, 5.5: blanks after a value do not belong to it.',
  },
  {
    part: 'Content-Length and Transfer-Encoding',
    seen: 'refused refused read',
    response: /Transfer-Encoding: \r/,
    why: 'RFC 9112, 6.1: the field has at least one coding.',
  },
  {
    part: 'chunk size',
    seen: 'read refused refused',
    response: /\r\n2[^\r]*[ \t]/,
    why: 'RFC 9112, 7.1.1: a client must read blanks in an extension. A warning.',
  },
  {
    part: 'chunk size',
    seen: 'refused read read',
    response: /\r\n2;(?:a=|;a|=|=b)\r/,
    why: 'RFC 9112, 7.1.1: an extension has a name, and a value after its equals sign.',
  },
  {
    part: 'chunk size',
    seen: 'read refused read',
    response: /x{20000}/,
    why: 'The decoder accepts 64 KiB in such a line, node:http 16 KiB.',
  },
  {
    part: 'chunk end',
    seen: 'read refused refused',
    response: /\r\n[20](?:;a)?[ \t]\r|[^\r]\n/,
    why: 'As in chunk sizes, and in line ends of a head: the trailers. A warning.',
  },
  {
    part: 'chunk end',
    seen: 'refused refused read',
    response: / $/,
    why: afterTheEnd,
  },
  {
    part: 'chunk end',
    seen: 'refused read read',
    response: /\r\n\r\n\r\n$/,
    why: afterTheEnd,
  },
  {
    part: 'last chunk',
    seen: 'read refused refused',
    response: /0 \r/,
    why: 'As in chunk sizes. A warning.',
  },
  {
    part: 'trailer',
    seen: 'read refused refused',
    response: /b\n|\n c/,
    why: 'As in the head: bare LF and folded lines. A warning.',
  },
  {
    part: 'interim response',
    seen: 'read read refused',
    response: /^HTTP\/1.1 100/,
    why: 'RFC 9110, 15.2: a client must read 1xx even if it did not expect them. A warning.',
  },
  {
    part: 'interim response',
    seen: 'read refused refused',
    response: /^HTTP\/1.0 100|^HTTP\/1.1 100 Continue\n|Connection: close/,
    why: 'As above, and bare LF as in a head; the final response decides whether the connection closes. A warning.',
  },
  {
    part: 'interim response',
    seen: 'refused read refused',
    response: /^HTTP\/1.1 (?:101|100 Continue\r\n\r\n\r\n)/,
    why: 'RFC 9110, 15.2.2: 101 only follows Upgrade in the request. RFC 9112, 2.2: only a server skips empty lines.',
  },
  {
    part: 'interim response',
    seen: 'refused read read',
    response: /Early\r\n\r\n\r\n/,
    why: 'RFC 9112, 2.2: only a server skips empty lines before a message.',
  },
  {
    part: 'status and body',
    seen: 'refused refused read',
    why: `${afterTheEnd} Fetch reads no body with status 205.`,
  },
  {
    part: 'status and body',
    seen: 'read read otherwise',
    response: / 205 /,
    why: 'Fetch reads no body with this status.',
  },
  {
    part: 'bytes after the end',
    seen: 'refused refused read',
    why: afterTheEnd,
  },
  {
    part: 'bytes after the end',
    seen: 'refused read read',
    response: /hi(?:\r\n0\r\n\r\n)?(?:\r\n|\n|HTTP.*)$/s,
    why: `${afterTheEnd} node:http takes these for the start of the next one.`,
  },
  {
    part: 'large head',
    seen: 'read refused refused',
    response: /x{20000}/,
    why: 'The decoder accepts heads of 64 KiB, node:http and fetch by default 16 KiB. A warning.',
  },
]

describe('the decoder, node:http and fetch', () => {
  for (const [part, responses] of Object.entries({ ...oddHeads, ...oddBodies })) {
    it(`agree on ${responses.length} responses with an odd ${part}, except for known differences`, async () => {
      await using clients = await startHttpClients()
      const unused = new Set(differences.filter((difference) => difference.part === part))
      for (const response of responses) {
        const { complete, state, trailingBytes, heads, body, tolerated } = decodeResponse([
          Buffer.from(response, 'latin1'),
        ])
        const isRead = complete && state !== 'malformed' && trailingBytes === 0
        const ours = isRead ? `${heads[0]?.status} ${body}` : 'refused'
        const [byNode, byFetch] = [await clients.byNode(response), await clients.byFetch(response)].map((reading) =>
          'failed' in reading ? 'refused' : `${reading.status} ${reading.body}`,
        )
        if (ours === byNode && ours === byFetch) continue
        const nameOf = (read: string | undefined) =>
          read === 'refused' ? read : isRead && read !== ours ? 'otherwise' : 'read'
        const seen = [ours, byNode, byFetch].map(nameOf).join(' ')
        const shown = `${seen}: ${JSON.stringify(response.slice(0, 200))}`
        const known = differences.find(
          (difference) =>
            difference.part === part && difference.seen === seen && difference.response?.test(response) !== false,
        )
        assert.ok(known, shown)
        unused.delete(known)
        assert.equal(isRead && tolerated.length > 0, known.why.endsWith('A warning.'), shown)
      }
      assert.deepEqual([...unused], [])
    })
  }
})
