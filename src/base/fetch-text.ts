import { Agent } from 'node:http'
import got, { type Response } from 'got'
import { parseAnswer } from './json.ts'

/** Control requests share one keep-alive connection: one attempt, no redirects, a timeout of 1 s. */
const control = got.extend({
  agent: { http: new Agent({ keepAlive: true, maxSockets: 1 }) },
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  timeout: { request: 1000 },
})

/** Limit of an answer, in bytes. */
const answerBytes = 1024 * 1024

/** How to request a control endpoint. */
interface ControlRequest {
  readonly method?: 'GET' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Limit of the answer in bytes; default: 1 MiB. */
  readonly limitBytes?: number
  /** Default: 1 s. */
  readonly timeoutMs?: number
  /** Whether the URL is that of a Unix socket: `http://unix:SOCKET:PATH`. */
  readonly isUnixSocket?: boolean
}

/**
 * The body of a response with status 200 or 204, as UTF-8. Undefined for any other answer: another status, a content coding, a
 * body above the limit, or no complete response in time.
 */
export async function fetchText(url: string, options: ControlRequest = {}): Promise<string | undefined> {
  return (await fetchBytes(url, options))?.toString()
}

/** The JSON of such a response; also undefined if it is not JSON or is nested deeper than 32 levels. */
export async function fetchJson(url: string, options: ControlRequest = {}): Promise<unknown> {
  const bytes = await fetchBytes(url, options)
  return bytes && parseAnswer(bytes)
}

async function fetchBytes(
  url: string,
  { method = 'GET', headers, limitBytes = answerBytes, timeoutMs, isUnixSocket = false }: ControlRequest,
): Promise<Buffer | undefined> {
  const request = control.stream(url, {
    method,
    headers,
    enableUnixSockets: isUnixSocket,
    ...(timeoutMs !== undefined && { timeout: { request: timeoutMs } }),
  })
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
    return (await isReadable) ? Buffer.concat(chunks, length) : undefined
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}

function isText({ statusCode, headers }: Response): boolean {
  const coding = headers['content-encoding'] ?? 'identity'
  return (statusCode === 200 || statusCode === 204) && coding.toLowerCase() === 'identity'
}
