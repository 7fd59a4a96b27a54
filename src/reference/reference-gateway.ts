import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { EnvironmentError, UsageError } from '../errors.ts'
import type { ExchangeContext } from './exchange.ts'
import { createLedger } from './ledger.ts'
import { route } from './routes.ts'
import { createUpstream } from './upstream.ts'

/** How the embedded reference gateway is started. */
export interface ReferenceGatewayOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Base URL of the provider, such as `http://127.0.0.1:9999/v1`; requests go to `{upstream}/chat/completions`. */
  readonly upstream: string
  readonly log: Logger
  /** Silence of the upstream, in ms, after which a stream is ended with an error (default 300,000). */
  readonly idleLimitMs?: number
  /** How long, in ms, to wait for `[DONE]` after the finish_reason, and for the body's end after `[DONE]` (default 5,000). */
  readonly graceMs?: number
}

/** The reference gateway while it runs; disposing it breaks off what is open. */
export interface ReferenceGateway {
  readonly port: number
  readonly url: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts the reference gateway; it listens when the promise resolves. */
export async function startReferenceGateway(options: ReferenceGatewayOptions): Promise<ReferenceGateway> {
  const { host, log, idleLimitMs = 300_000, graceMs = 5_000 } = options
  const upstreamUrl = URL.parse(options.upstream)
  if (upstreamUrl?.protocol !== 'http:')
    throw new UsageError([
      {
        where: '--upstream',
        expected: 'an http URL (https is not done) such as http://127.0.0.1:9999/v1',
        got: options.upstream,
      },
    ])
  const upstream = createUpstream(upstreamUrl, idleLimitMs)
  const context: ExchangeContext = { upstream, ledger: createLedger(), limits: { idleMs: idleLimitMs, graceMs }, log }
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000, noDelay: true }, (request, client) => {
    client.on('error', (error) => log.debug({ err: error }, 'client connection failed'))
    route(request, client, context)
  })
  try {
    await listen(server, host, options.port)
  } catch (cause) {
    upstream[Symbol.dispose]()
    throw cause
  }
  server.on('error', (error) => log.error({ err: error }, 'listening failed'))
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  log.debug({ url, upstream: upstreamUrl.origin }, 'reference gateway listens')
  let closed: Promise<void> | undefined
  return {
    port,
    url,
    [Symbol.asyncDispose]: () => {
      closed ??= close(server).finally(() => upstream[Symbol.dispose]())
      return closed
    },
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const what = listenProblems[cause.code ?? '']
      reject(
        what
          ? new EnvironmentError(`the reference gateway cannot listen on ${host}:${port}: ${what}`, { cause })
          : cause,
      )
    })
    server.listen({ host, port, backlog: 4_096 }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use; stop what listens there, or choose another with --port',
  EACCES: 'not permitted; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
  ENOTFOUND: 'no such host; choose another with --host',
}
