import { connect, createServer, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { type Listening, listenOn } from '../base/listen.ts'
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
  readonly log: Logger
}

/** A TCP proxy that listens; disposing it breaks off what is open. */
export interface ToxicProxy extends Listening {
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
  const closeConnections = () => {
    for (const socket of [...clients, ...upstreams]) socket.destroy()
  }
  const listening = await listenOn(server, 'the proxy', { host, port, log, closeConnections })
  log.debug({ url: listening.url, upstream, toxics }, 'the proxy listens')
  return {
    ...listening,
    connections: () => clients.size,
    async [Symbol.asyncDispose]() {
      // The server waits for its clients only.
      const closed = [...upstreams].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      await listening[Symbol.asyncDispose]()
      await Promise.all(closed)
    },
  }
}
