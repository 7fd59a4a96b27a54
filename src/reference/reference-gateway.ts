import { createServer } from 'node:http'
import type { Logger } from 'pino'
import { UsageError } from '../base/errors.ts'
import { type Listening, listenOn } from '../base/listen.ts'
import type { ExchangeContext } from './exchange.ts'
import { createLedger } from './ledger.ts'
import { route } from './routes.ts'
import { createUpstream } from './upstream.ts'

/** How to start the embedded reference gateway. */
export interface ReferenceGatewayOptions {
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
  /** Base URL of the provider, such as `http://127.0.0.1:9999/v1`; requests go to `{upstream}/chat/completions`. */
  readonly upstream: string
  readonly log: Logger
  /** Maximum time without an upstream event, in ms; then the stream ends with an error (default 300,000). */
  readonly idleLimitMs?: number
  /** Maximum time from the finish_reason to `[DONE]`, and from `[DONE]` to the end of the body, in ms (default 5,000). */
  readonly graceMs?: number
  /** The name that `/health` repeats in a header, for the run that started this gateway. */
  readonly instance?: string
  /** Wraps the writer of each stream, so that tests can make the gateway misbehave; the product never sets it. */
  readonly tamper?: ExchangeContext['tamper']
}

/** Starts the reference gateway, which listens when the promise resolves. Disposing of it closes open connections at once. */
export async function startReferenceGateway(options: ReferenceGatewayOptions): Promise<Listening> {
  const { host, port, log, idleLimitMs = 300_000, graceMs = 5_000, instance, tamper } = options
  const upstreamUrl = URL.parse(options.upstream)
  if (upstreamUrl?.protocol !== 'http:')
    throw new UsageError([
      {
        where: '--upstream',
        message: 'must be an http URL such as http://127.0.0.1:9999/v1; https is not supported',
        got: options.upstream,
      },
    ])
  const upstream = createUpstream(upstreamUrl, idleLimitMs)
  const limits = { idleMs: idleLimitMs, graceMs }
  const context: ExchangeContext = { upstream, ledger: createLedger(), limits, log, instance, tamper }
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 120_000, noDelay: true }, (request, client) => {
    client.on('error', (error) => log.debug({ err: error }, 'client connection failed'))
    route(request, client, context)
  })
  const closeConnections = () => server.closeAllConnections()
  try {
    const listening = await listenOn(server, 'the reference gateway', { host, port, log, closeConnections })
    log.debug({ url: listening.url, upstream: upstreamUrl.origin }, 'reference gateway listening')
    return {
      ...listening,
      [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]().finally(() => upstream[Symbol.dispose]()),
    }
  } catch (cause) {
    upstream[Symbol.dispose]()
    throw cause
  }
}
