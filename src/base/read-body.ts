import type { IncomingMessage } from 'node:http'

/** A body that was read, or why it was not: too large, idle for too long, or cut off by the sender. */
export type Body = { readonly bytes: Buffer } | 'too-large' | 'idle' | 'cut'

/** Maximum size of a body, and maximum time without new bytes (default: no time limit). */
export interface BodyLimits {
  readonly sizeBytes: number
  readonly idleMs?: number
}

/**
 * Reads an entire body. A body above the limit is read to its end and discarded, so that the sender can read the response. Above
 * four times the limit, the result is `too-large` at once.
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
