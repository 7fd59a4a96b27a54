import { Agent } from 'node:http'
import got from 'got'

/** Control requests share one keep-alive connection: one attempt, no redirects, a timeout of 1 s. */
const control = got.extend({
  agent: { http: new Agent({ keepAlive: true, maxSockets: 1 }) },
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  timeout: { request: 1000 },
})

/** The body of a response with status 200 or 204; undefined for any other status, or if there is no response in time. */
export async function fetchText(url: string, method: 'GET' | 'DELETE' = 'GET'): Promise<string | undefined> {
  try {
    const response = await control(url, { method })
    return response.statusCode === 200 || response.statusCode === 204 ? response.body : undefined
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}
