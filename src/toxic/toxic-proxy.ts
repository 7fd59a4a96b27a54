import { connect, createServer, type Socket } from 'node:net'
import type { Logger } from 'pino'
import { endAndLinger, resetSocket } from '../base/close-socket.ts'
import { type Listening, listenOn } from '../base/listen.ts'
import { openLink } from './link.ts'
import type { Direction } from './toxic.ts'
import { type DrawnToxic, drawToxics, type Toxic } from './toxics.ts'

/** How to start a proxy. Port 0 means any free port; toxics apply in the order of the list. */
interface ToxicProxyOptions {
  readonly host: string
  readonly port: number
  readonly upstream: { readonly host: string; readonly port: number }
  readonly toxics: readonly Toxic[]
  /** Connection n under the same seed always gets the same toxics and random numbers. */
  readonly seed: number
  readonly log: Logger
}

/** A listening TCP proxy; disposing it closes open connections at once. */
export interface ToxicProxy extends Listening {
  /** Number of connected clients. */
  connections(): number
}

/** Starts a proxy that listens when the promise resolves. Throws an EnvironmentError if the address is not available. */
export async function startToxicProxy(options: ToxicProxyOptions): Promise<ToxicProxy> {
  const { host, port, upstream, toxics, seed, log } = options
  const clients = new Set<Socket>()
  const upstreams = new Set<Socket>()
  let opened = 0
  let hasWarned = false

  const keep = (socket: Socket, sockets: Set<Socket>) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // Only logged here: `close` follows every error, and its handler passes the reset on.
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      log.debug({ code }, `a connection failed: ${message}`),
    )
  }
  const warnOnce = ({ code, message }: NodeJS.ErrnoException) => {
    if (hasWarned) return
    hasWarned = true
    log.warn(
      { code, ...upstream },
      `cannot connect to the upstream (further failures are not logged): ${message || code}`,
    )
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
  log.debug({ url: listening.url, upstream, toxics }, 'proxy listening')
  return {
    ...listening,
    connections: () => clients.size,
    async [Symbol.asyncDispose]() {
      // The server waits only for its clients, so also wait for the upstream sockets.
      const closed = [...upstreams].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
      await listening[Symbol.asyncDispose]()
      await Promise.all(closed)
    },
  }
}

/** A client, the upstream socket that is being connected, and the toxics between them. */
interface Connection {
  readonly client: Socket
  readonly upstream: Socket
  readonly toxics: readonly DrawnToxic[]
}

/** Joins two sockets with `allowHalfOpen` in both directions. A failed connect resets the client at once. */
function joinSockets({ client, upstream, toxics }: Connection): void {
  const toxicsOf = (direction: Direction) => toxics.filter(({ toxic }) => toxic.stream === direction)
  const cut = (how: 'close' | 'reset', source: Socket, destination: Socket) => {
    stop()
    if (how === 'close') {
      source.destroy()
      endAndLinger(destination)
    } else for (const socket of [source, destination]) resetSocket(socket)
  }
  const up = openLink({
    source: client,
    destination: upstream,
    toxics: toxicsOf('upstream'),
    cut: (how) => cut(how, client, upstream),
  })
  const down = openLink({
    source: upstream,
    destination: client,
    toxics: toxicsOf('downstream'),
    cut: (how) => cut(how, upstream, client),
  })
  const stop = () => {
    up.stop()
    down.stop()
  }
  const fail = () => {
    stop()
    resetSocket(client)
  }
  upstream.prependOnceListener('close', fail)
  upstream.once('connect', () => upstream.off('close', fail))
}
