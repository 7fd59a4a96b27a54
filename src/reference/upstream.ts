import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { badGateway, type Failure } from './failure.ts'

/** The result of a request: the response's head, or a failure. */
type Posted = Responded | { readonly failure: Failure }

/** A response whose head has arrived. */
interface Responded {
  readonly response: IncomingMessage
  /** The error code of its connection, if it failed; the response itself only reports that it was aborted. */
  readonly brokenBy: () => string | undefined
}

/** How to send one request. Aborting the signal closes the upstream connection at any point. */
interface PostOptions {
  readonly signal: AbortSignal
  readonly onAttempt: () => void
}

/** A pool of connections to the upstream. */
export interface Upstream extends Disposable {
  readonly post: (body: string, options: PostOptions) => Promise<Posted>
}

function withoutEndSlashes(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}

/** Creates a pool for `{base}/chat/completions` over HTTP. A request fails if no headers arrive within `idleLimitMs`. */
export function createUpstream(base: URL, idleLimitMs: number): Upstream {
  const { hostname, port, pathname } = base
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    path: `${withoutEndSlashes(pathname)}/chat/completions`,
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
    if (second === 'stale') throw new Error('a new connection was taken for a reused one')
    return second
  }

  return { post, [Symbol.dispose]: () => agent.destroy() }
}

/** Whether the upstream closed an idle connection before it saw the request, which is then sent once more. */
function isStale(sent: ClientRequest, bytesBefore: number, { code }: NodeJS.ErrnoException): boolean {
  return sent.reusedSocket && bytesBefore === sent.socket?.bytesRead && (code === 'ECONNRESET' || code === 'EPIPE')
}

function describe(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? error.name
  if (code.startsWith('HPE_'))
    return badGateway('upstream_malformed', `the upstream's response is not valid HTTP (${code})`)
  if (code === 'ECONNREFUSED') return badGateway('upstream_connect', 'the upstream refused the connection')
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return badGateway('upstream_closed', 'the upstream closed the connection before its headers')
  return badGateway('upstream_connect', `the upstream cannot be reached (${code})`)
}
