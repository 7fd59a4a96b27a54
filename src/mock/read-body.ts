import type { IncomingMessage } from 'node:http'

/** What came of reading a request's body: its bytes, too many of them, a silence, or an end before the end. */
export type Body = { readonly bytes: Buffer } | 'too-large' | 'idle' | 'cut'

/** How much of a body is taken, and how long a silence in it is waited out. */
export interface BodyLimits {
  readonly sizeBytes: number
  readonly idleMs: number
}

/** Times the limit that is read, and thrown away, of a body that is too large: who sends it reads the answer only then. */
const patience = 4

/** Reads a whole body. */
export function readBody(request: IncomingMessage, { sizeBytes, idleMs }: BodyLimits): Promise<Body> {
  return new Promise((resolve) => {
    let pieces: Buffer[] = []
    let length = 0
    const timer = setTimeout(() => settle('idle'), idleMs)
    const settle = (body: Body) => {
      clearTimeout(timer)
      resolve(body)
    }
    request.on('data', (piece: Buffer) => {
      timer.refresh()
      length += piece.length
      if (length <= sizeBytes) pieces.push(piece)
      else pieces = []
      if (length > sizeBytes * patience) settle('too-large')
    })
    request.on('end', () => settle(length > sizeBytes ? 'too-large' : { bytes: Buffer.concat(pieces, length) }))
    request.on('error', () => settle('cut'))
    request.on('close', () => settle('cut'))
  })
}
