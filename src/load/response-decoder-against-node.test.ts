import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anyResponse, brokenResponse } from '../../test/fixtures/any-response.ts'
import { cutAnywhere } from '../../test/fixtures/cuts.ts'
import { decodeResponse } from '../../test/fixtures/decode-response.ts'
import { type ClientReading, startHttpClients } from '../../test/fixtures/http-clients.ts'
import { httpDifferences } from '../../test/fixtures/http-differences.ts'
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

/** The status and body that the decoder reads from one complete response, or `refused`. */
function readWhole(bytes: Buffer) {
  const { complete, state, trailingBytes, heads, body, tolerated } = decodeResponse([bytes])
  const isRead = complete && state !== 'malformed' && trailingBytes === 0
  return { ours: isRead ? `${heads[0]?.status} ${body}` : 'refused', isTolerated: isRead && tolerated.length > 0 }
}

function shownReading(reading: ClientReading): string {
  return 'failed' in reading ? 'refused' : `${reading.status} ${reading.body}`
}

describe('the decoder, node:http and fetch', () => {
  it('agree on any malformed response that the decoder reads without a warning', async () => {
    await using clients = await startHttpClients()
    await fc.assert(
      fc.asyncProperty(brokenResponse, async (bytes) => {
        const { ours, isTolerated } = readWhole(bytes)
        if (ours === 'refused' || isTolerated) return
        const text = bytes.toString('latin1')
        assert.equal(shownReading(await clients.byNode(text)), ours)
        assert.equal(shownReading(await clients.byFetch(text)), ours)
      }),
      { numRuns: 500 },
    )
  })

  for (const [part, responses] of Object.entries({ ...oddHeads, ...oddBodies })) {
    it(`agree on ${responses.length} responses with an odd ${part}, except for known differences`, async () => {
      await using clients = await startHttpClients()
      const unused = new Set(httpDifferences.filter((difference) => difference.part === part))
      for (const response of responses) {
        const { ours, isTolerated } = readWhole(Buffer.from(response, 'latin1'))
        const byNode = shownReading(await clients.byNode(response))
        const byFetch = shownReading(await clients.byFetch(response))
        if (ours === byNode && ours === byFetch) continue
        const nameOf = (read: string | undefined) =>
          read === 'refused' ? read : ours !== 'refused' && read !== ours ? 'otherwise' : 'read'
        const seen = [ours, byNode, byFetch].map(nameOf).join(' ')
        const shown = `${seen}: ${JSON.stringify(response.slice(0, 200))}`
        const known = httpDifferences.find(
          (difference) =>
            difference.part === part && difference.seen === seen && difference.response?.test(response) !== false,
        )
        assert.ok(known, shown)
        unused.delete(known)
        assert.equal(isTolerated, known.why.endsWith('A warning.'), shown)
      }
      assert.deepEqual([...unused], [])
    })
  }
})
