import { Agent } from 'node:http'
import got, { type Response } from 'got'

/** Control requests share one keep-alive connection: one attempt, no redirects, a timeout of 1 s. */
const control = got.extend({
  agent: { http: new Agent({ keepAlive: true, maxSockets: 1 }) },
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  timeout: { request: 1000 },
})

/** Limit of an answer of a gateway, in bytes. */
const answerBytes = 1024 * 1024

/** How to request a control endpoint. */
export interface ControlRequest {
  readonly method?: 'GET' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Limit of the answer in bytes; default: 1 MiB. */
  readonly limitBytes?: number
}

/**
 * The body of a response with status 200 or 204, as UTF-8. Undefined for any other answer: another status, a content coding, a
 * body above the limit, or no complete response in time.
 */
export async function fetchText(
  url: string,
  { method = 'GET', headers, limitBytes = answerBytes }: ControlRequest = {},
): Promise<string | undefined> {
  const request = control.stream(url, { method, headers })
  // Got waits for a body of every method but GET.
  if (method !== 'GET') request.end()
  const isReadable = new Promise<boolean>((resolve) =>
    request.once('response', (response) => resolve(isText(response))),
  )
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limitBytes || !(await isReadable)) return undefined
      chunks.push(chunk)
    }
    return (await isReadable) ? Buffer.concat(chunks, length).toString() : undefined
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}

function isText({ statusCode, headers }: Response): boolean {
  const coding = headers['content-encoding'] ?? 'identity'
  return (statusCode === 200 || statusCode === 204) && coding.toLowerCase() === 'identity'
}
