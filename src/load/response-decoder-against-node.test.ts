import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyResponse } from '../../test/fixtures/any-response.ts'
import { cutAnywhere } from '../../test/fixtures/cuts.ts'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
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

  const ok = 'HTTP/1.1 200 OK\r\n'
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
  const bothRefuse = [
    '<html>\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    `${ok}no colon\r\n\r\n`,
    `${ok}Content-Length : 2\r\n\r\nhi`,
    `${ok}A: b\x01c\r\n\r\n`,
    `${ok}A: b\rc\r\n\r\n`,
    `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`,
    `${ok}Content-Length: 2, 2\r\n\r\nhi`,
    `${ok}Content-Length:\r\n\r\nhi`,
    `${ok}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    `${ok}A: ${'x'.repeat(70_000)}\r\n\r\n`,
    `${chunked}xyz\r\n`,
    `${chunked}2 2\r\nhi`,
    `${chunked}2\nhi\r\n0\r\n\r\n`,
    `${chunked}2\r2\nhi\r\n0\r\n\r\n`,
    `${chunked}2\r\nhi\n0\r\n\r\n`,
    `${chunked}2\r\nhi!\r\n0\r\n\r\n`,
    `${chunked}2\r\nhi\r\n0\r\nno colon\r\n\r\n`,
  ]
  for (const text of bothRefuse) {
    it(`both reject ${JSON.stringify(text.slice(0, 90))}`, async () => {
      const pieces = [Buffer.from(text, 'latin1')]
      assert.equal(readByDecoder(pieces), 'rejected')
      assert.equal(await readByNode(pieces), 'rejected')
    })
  }

  const hi: Reading = { status: 200, body: 'hi', complete: true }
  const differ: readonly (readonly [why: string, text: string, ours: Reading])[] = [
    ['RFC 9112, 2.2: a bare LF may end a line of the head', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi', hi],
    ['RFC 9112, 5.2: a client joins folded lines', `${ok}A: b\r\n c\r\nContent-Length: 2\r\n\r\nhi`, hi],
    [
      'RFC 9112, 6.3: a repeated identical Content-Length counts once',
      `${ok}${'Content-Length: 2\r\n'.repeat(2)}\r\nhi`,
      hi,
    ],
    ['RFC 9112, 7.1.1: blanks are allowed before a chunk extension', `${chunked}2 ;a\r\nhi\r\n0\r\n\r\n`, hi],
    ['the decoder only supports the chunked coding', `${ok}Transfer-Encoding: gzip\r\n\r\nhi`, 'rejected'],
    ['the decoder only supports HTTP/1', 'HTTP/2.0 200 OK\r\n\r\nhi', 'rejected'],
    ['RFC 9112, 4: the first digit of a status is at least 1', 'HTTP/1.1 099 OK\r\n\r\nhi', 'rejected'],
  ]
  for (const [why, text, ours] of differ) {
    it(`differ: ${why}`, async () => {
      const pieces = [Buffer.from(text, 'latin1')]
      assert.deepEqual(readByDecoder(pieces), ours)
      assert.notDeepEqual(await readByNode(pieces), ours)
    })
  }
})
