import type { IncomingMessage } from 'node:http'

/** What came of reading a body: its bytes, too many of them, a silence, or an end before the end. */
export type Body = { readonly bytes: Buffer } | 'too-large' | 'idle' | 'cut'

/** How much of a body is taken, and how long a silence in it is waited out (absent: for ever). */
export interface BodyLimits {
  readonly sizeBytes: number
  readonly idleMs?: number
}

/**
 * Reads a whole body. One that is too large is read to its end and thrown away, so that whoever sends it can read the answer,
 * unless it goes beyond four times the limit.
 */
export function readBody(message: IncomingMessage, { sizeBytes, idleMs }: BodyLimits): Promise<Body> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = []
    let length = 0
    const timer = idleMs === undefined ? undefined : setTimeout(() => settle('idle'), idleMs)
    const settle = (body: Body) => {
      clearTimeout(timer)
      resolve(body)
    }
    message.on('data', (chunk: Buffer) => {
      timer?.refresh()
      length += chunk.length
      if (length <= sizeBytes) chunks.push(chunk)
      else chunks = []
      if (length > sizeBytes * 4) settle('too-large')
    })
    message.on('end', () => settle(length > sizeBytes ? 'too-large' : { bytes: Buffer.concat(chunks, length) }))
    message.on('error', () => settle('cut'))
    message.on('close', () => settle('cut'))
  })
}
