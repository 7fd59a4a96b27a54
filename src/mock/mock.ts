import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { EnvironmentError } from '../errors.ts'
import type { MockStats } from '../run.ts'
import { Ledger } from './ledger.ts'
import { createRoutes, type DefaultPlan } from './routes.ts'
import { Wheel } from './wheel.ts'

/** How a mock is started. Port 0 takes a free one; `chunks` and `delayMs` are for prompts that carry no plan. */
export interface MockOptions extends DefaultPlan {
  readonly host: string
  readonly port: number
  readonly log: Logger
}

/** A provider that listens. */
export interface Mock extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly stats: () => MockStats
}

/** Bytes that a request's head may have. */
const maxHeaderBytes = 64 * 1024
/** Above the 90 s for which gateways keep idle connections, so that none is closed just as it is used again. */
const keepAliveMs = 120_000

/** Starts the provider. Throws an EnvironmentError where it cannot listen. */
export async function startMock({ host, port, log, ...plan }: MockOptions): Promise<Mock> {
  const wheel = new Wheel()
  const ledger = new Ledger()
  const options = { noDelay: true, requestTimeout: 0, keepAliveTimeout: keepAliveMs, maxHeaderSize: maxHeaderBytes }
  const server = createServer(options, createRoutes(plan, wheel, ledger))
  server.on('clientError', (error, socket) => {
    log.debug({ error: error.message }, 'a request that is no HTTP')
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use; choose another' : cause.message
      reject(new EnvironmentError(`cannot listen on ${host}:${port}: ${why}`, { cause }))
    })
    server.listen({ host, port, backlog: 4096 }, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    stats: () => ledger.stats(),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        wheel.clear()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
