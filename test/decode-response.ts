import { Buffer } from 'node:buffer'
import { ResponseDecoder } from '../src/load/response-decoder.ts'

/** All that the decoder says of a response. Bytes of the body as Latin-1 text, one character a byte. */
export interface SeenResponse {
  readonly heads: readonly { readonly status: number; readonly headers: Readonly<Record<string, string>> }[]
  readonly body: string
  readonly complete: boolean
  readonly state: ResponseDecoder['state']
  readonly reason: string
  readonly trailingBytes: number
}

/** Gives the pieces to a new decoder, each in the middle of a buffer that is overwritten after its push, then the end. */
export function decodeResponse(pieces: readonly Uint8Array[]): SeenResponse {
  const heads: { status: number; headers: Record<string, string> }[] = []
  let body = ''
  const decoder = new ResponseDecoder({
    onHead: (status, headers) => heads.push({ status, headers: Object.fromEntries(headers) }),
    onBody: (bytes, start, end) => {
      body += bytes.toString('latin1', start, end)
    },
  })
  for (const piece of pieces) {
    const read = Buffer.concat([Buffer.from('\r\n0\r\n\r\n'), piece, Buffer.from('\r\n0\r\n\r\n')])
    decoder.push(read, 7, 7 + piece.length)
    read.fill('?')
  }
  const complete = decoder.end()
  const { state, reason, trailingBytes } = decoder
  return { heads, body, complete, state, reason, trailingBytes }
}
