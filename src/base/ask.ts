import { Agent } from 'node:http'
import got from 'got'

/** The control plane: one kept connection, one try, no redirect, and no answer waited for longer than a second. */
const control = got.extend({
  agent: { http: new Agent({ keepAlive: true, maxSockets: 1 }) },
  retry: { limit: 0 },
  followRedirect: false,
  decompress: false,
  throwHttpErrors: false,
  timeout: { request: 1000 },
})

/** Asks for a text; undefined where nothing answers with 200 or 204. */
export async function askText(url: string, method: 'GET' | 'DELETE' = 'GET'): Promise<string | undefined> {
  try {
    const response = await control(url, { method })
    return response.statusCode === 200 || response.statusCode === 204 ? response.body : undefined
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return undefined
    throw cause
  }
}

/** A text as JSON; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}
