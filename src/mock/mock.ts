import { createServer, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { type Listening, listenOn } from '../base/listen.ts'
import type { FaultSpec } from '../fault/parse-fault.ts'
import { watchThread } from '../host/thread.ts'
import type { MockStats } from '../model/mock-stats.ts'
import { openaiError } from '../protocol/openai-chat-completions.ts'
import type { DefaultPlan } from './complete.ts'
import { Ledger } from './ledger.ts'
import type { Replica } from './replica.ts'
import { createRoutes } from './routes.ts'
import { Wheel } from './wheel.ts'

/** How to start a mock. Port 0 means any free port; `chunks` and `delayMs` apply to prompts without a plan. */
export interface MockOptions extends DefaultPlan {
  readonly host: string
  readonly port: number
  /** Faults for streams whose plan has none; default: none. */
  readonly faults?: readonly FaultSpec[]
  /** Names and addresses in the `Host` of requests, in addition to those of this machine and of containers. */
  readonly allowedHosts?: readonly string[]
  readonly log: Logger
  /** The name that `/health` repeats in a header, for the run that started this mock. */
  readonly instance?: string
  /** If the mock is one of several processes: its view of the others. */
  readonly replica?: Replica
}

/** A listening mock; disposing of it closes open connections at once. */
export interface Mock extends Listening {
  stats(): MockStats
}

/** Limits for a request; above them, the response is 413, 408 or 431. */
export const mockLimits = { bodyBytes: 10 * 1024 * 1024, bodyIdleMs: 30_000, headerBytes: 64 * 1024 } as const

const serverOptions = {
  noDelay: true,
  // A request without Host also gets a JSON response.
  requireHostHeader: false,
  // A slow body is allowed; only silence ends the request (see `bodyIdleMs`).
  requestTimeout: 0,
  headersTimeout: 60_000,
  // Above the 90 s for which gateways keep idle connections, so that no connection is closed while it is being reused.
  keepAliveTimeout: 120_000,
  maxHeaderSize: mockLimits.headerBytes,
} as const

/** Starts a mock, which is listening when the promise resolves. Throws an EnvironmentError if the address is not available. */
export async function startMock(options: MockOptions): Promise<Mock> {
  const { host, port, log, instance, replica, faults = [], allowedHosts = [], ...plan } = options
  const wheel = new Wheel()
  const watch = watchThread(replica ? `mock ${replica.index + 1} of ${replica.count}` : 'mock')
  const ledger = new Ledger(watch, replica?.onChange)
  const limits = { sizeBytes: mockLimits.bodyBytes, idleMs: mockLimits.bodyIdleMs }
  replica?.useLedger(ledger)
  const routes = createRoutes({
    ...{ plan, faults, wheel, ledger, limits, log, instance, replica },
    allowedHosts: [host, ...allowedHosts],
  })
  const server = createServer(serverOptions, routes)
  const responses = new WeakMap<Duplex, ServerResponse>()
  server.prependListener('request', ({ socket }, response) => responses.set(socket, response))
  // Only 100-continue is supported (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const body = JSON.stringify(openaiError(417, 'the expectation in the Expect header is not supported'))
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }
    response.writeHead(417, { ...headers, connection: 'close' }).end(body)
  })
  server.on('connect', (_request, socket) =>
    sendRawError(socket, '405 Method Not Allowed', 'CONNECT is not supported: this is not a proxy'),
  )
  // Each pipelined request adds listeners to its connection.
  server.on('connection', (socket) => socket.setMaxListeners(0))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    log.debug({ code: error.code, reason: error.message }, 'connection failed')
    rejectConnection(error, socket, isAnswering(responses.get(socket)))
  })
  const closeConnections = () => server.closeAllConnections()
  const listening = await listenOn(server, 'the mock', { host, port, log, closeConnections })
  log.debug({ url: listening.url, ...plan }, 'mock listening')
  return {
    ...listening,
    stats: () => ledger.stats(),
    [Symbol.asyncDispose]: () =>
      listening[Symbol.asyncDispose]().finally(() => {
        wheel.clear()
        watch.stop()
      }),
  }
}

/** Whether the response to the connection's last request is partially written. */
function isAnswering(last: ServerResponse | undefined): boolean {
  if (!last || last.writableFinished) return false
  // With pipelining, a response without a socket waits for the previous one.
  return last.socket === null || last.headersSent
}

const parserErrors: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers of the request are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'the chunk extensions of the request are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request did not arrive in time'],
}

/** Responds to a request that the HTTP parser rejected, in OpenAI's format, and closes the connection. */
function rejectConnection(error: NodeJS.ErrnoException, socket: Duplex, isAnswering: boolean): void {
  // In the middle of another response, the client would read anything sent as part of it.
  if (!socket.writable || isAnswering || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, message] = parserErrors[error.code ?? ''] ?? [
    '400 Bad Request',
    `the request is not valid HTTP: ${error.message}`,
  ]
  sendRawError(socket, status, message)
}

function sendRawError(socket: Duplex, status: string, message: string): void {
  const body = JSON.stringify(openaiError(Number.parseInt(status, 10), message))
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
