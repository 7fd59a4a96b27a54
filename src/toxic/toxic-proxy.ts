import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { EnvironmentError } from '../errors.ts'
import { joinSockets } from './connection.ts'
import { drawToxics } from './draw-toxics.ts'
import type { Toxic } from './toxics.ts'

/** How a proxy is started. Port 0 takes a free one; toxics act in the order given. */
export interface ToxicProxyOptions {
  readonly host: string
  readonly port: number
  readonly upstream: { readonly host: string; readonly port: number }
  readonly toxics: readonly Toxic[]
  /** Connection n of a seed always gets the same toxics and the same random numbers. */
  readonly seed: number
  readonly log: Pick<Logger, 'debug' | 'warn' | 'error'>
}

/** A TCP proxy that listens; disposing it breaks off what is open. */
export interface ToxicProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Clients connected now. */
  connections(): number
}

/** Starts the proxy; it listens when the promise resolves. Throws an EnvironmentError where it cannot. */
export async function startToxicProxy(options: ToxicProxyOptions): Promise<ToxicProxy> {
  const { host, port, upstream, toxics, seed, log } = options
  const clients = new Set<Socket>()
  const upstreams = new Set<Socket>()
  let opened = 0
  let isRefusalSaid = false

  const keep = (socket: Socket, sockets: Set<Socket>) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // Whatever the failure, `close` follows, by which it is passed on.
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      log.debug({ code }, `a connection failed: ${message}`),
    )
  }
  const warnOnce = ({ code, message }: NodeJS.ErrnoException) => {
    if (isRefusalSaid) return
    isRefusalSaid = true
    log.warn({ code, ...upstream }, `no connection to the upstream, further ones are not told: ${message || code}`)
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const outgoing = connect({ ...upstream, allowHalfOpen: true, noDelay: true })
    outgoing.once('error', warnOnce).once('connect', () => outgoing.off('error', warnOnce))
    keep(client, clients)
    keep(outgoing, upstreams)
    joinSockets({ client, upstream: outgoing, toxics: drawToxics(toxics, seed, opened++) })
  })
  await listen(server, host, port)
  server.on('error', (error) => log.error({ err: error }, 'listening failed'))
  const { port: bound } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
  log.debug({ url, upstream, toxics }, 'the proxy listens')
  let closed: Promise<void> | undefined
  return {
    port: bound,
    url,
    connections: () => clients.size,
    [Symbol.asyncDispose]: () => {
      closed ??= close(server, [...clients, ...upstreams])
      return closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const what = listenProblems[cause.code ?? '']
      reject(what ? new EnvironmentError(`the proxy cannot listen on ${host}:${port}: ${what}`, { cause }) : cause)
    })
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; end what listens there, or choose another with --port',
  EACCES: 'not permitted; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
  ENOTFOUND: 'no such host; choose another with --host',
}

async function close(server: Server, sockets: readonly Socket[]): Promise<void> {
  const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const socket of sockets) socket.destroy()
  await Promise.all([stopped, ...closed])
}
