import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { badGateway, type Failure } from './failure.ts'

/** What came of posting: the response's head, or why there is none. */
export type Posted = Responded | { readonly failure: Failure }

/** A response whose head has come. */
export interface Responded {
  readonly response: IncomingMessage
  /** Code of what broke its connection, of which the response itself only says that it was aborted; undefined: nothing yet. */
  readonly brokenBy: () => string | undefined
}

/** How to post one request. Aborting the signal closes the upstream connection, whatever it is at. */
export interface PostOptions {
  readonly signal: AbortSignal
  readonly onAttempt: () => void
}

/** The way upstream: a pool of connections to one place. */
export interface Upstream extends Disposable {
  readonly post: (body: string, options: PostOptions) => Promise<Posted>
}

/** Makes the way to `{base}/chat/completions`, over HTTP; an upstream that sends no headers for `idleLimitMs` is given up. */
export function createUpstream(base: URL, idleLimitMs: number): Upstream {
  const { hostname, port, pathname } = base
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: `${pathname.replace(/\/+$/, '')}/chat/completions`,
  }
  const agent = new Agent({
    keepAlive: true,
    maxSockets: Number.POSITIVE_INFINITY,
    maxFreeSockets: 4_096,
  })

  function attempt(body: string, { signal, onAttempt }: PostOptions, isRepeat: boolean): Promise<Posted | 'stale'> {
    return new Promise((resolve) => {
      onAttempt()
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sent = request({ ...target, method: 'POST', headers, agent: isRepeat ? false : agent, signal })
      let bytesBefore = 0
      sent.once('socket', (socket) => {
        bytesBefore = socket.bytesRead
      })
      const timer = setTimeout(() => {
        const message = `the upstream sent no headers for ${idleLimitMs} ms`
        resolve({ failure: { reason: 'upstream_timeout', status: 504, message } })
        sent.destroy()
      }, idleLimitMs)
      sent.once('response', (response) => {
        clearTimeout(timer)
        let code: string | undefined
        sent.on('error', (error: NodeJS.ErrnoException) => {
          code ??= error.code
        })
        resolve({ response, brokenBy: () => code })
      })
      sent.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        resolve(isStale(sent, bytesBefore, error) && !isRepeat ? 'stale' : { failure: describe(error) })
      })
      sent.once('close', () => {
        clearTimeout(timer)
        resolve({ failure: badGateway('upstream_closed', 'the upstream closed the connection before its headers') })
      })
      sent.end(body)
    })
  }

  async function post(body: string, options: PostOptions): Promise<Posted> {
    const first = await attempt(body, options, false)
    if (first !== 'stale') return first
    const second = await attempt(body, options, true)
    if (second === 'stale') throw new Error('a fresh connection was taken for a kept one')
    return second
  }

  return { post, [Symbol.dispose]: () => agent.destroy() }
}

/** An upstream may close a kept connection while a request is on its way: nobody has seen the request, so it may go again, once. */
function isStale(sent: ClientRequest, bytesBefore: number, { code }: NodeJS.ErrnoException): boolean {
  return sent.reusedSocket && bytesBefore === sent.socket?.bytesRead && (code === 'ECONNRESET' || code === 'EPIPE')
}

function describe(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? error.name
  if (code.startsWith('HPE_')) return badGateway('upstream_malformed', `the upstream's answer is no HTTP (${code})`)
  if (code === 'ECONNREFUSED') return badGateway('upstream_connect', 'the upstream refused the connection')
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return badGateway('upstream_closed', 'the upstream closed the connection before its headers')
  return badGateway('upstream_connect', `the upstream cannot be reached (${code})`)
}
