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
import { refuseConnection, refuseTunnel } from './refuse-connection.ts'
import type { Replica } from './replica.ts'
import { createRoutes } from './routes.ts'
import { Wheel } from './wheel.ts'

/** How a mock is started. Port 0 takes a free one; `chunks` and `delayMs` are for prompts that carry no plan. */
export interface MockOptions extends DefaultPlan {
  readonly host: string
  readonly port: number
  /** Faults of streams whose plan has none; absent: none. */
  readonly faults?: readonly FaultSpec[]
  readonly log: Logger
  /** Where it is one of several processes: what it has of the others. */
  readonly replica?: Replica
}

/** A provider that listens; disposing it breaks off what is open. */
export interface Mock extends Listening {
  stats(): MockStats
}

/** What a request may have; beyond it, the answer is 413, 408 or 431. */
export const mockLimits = { bodyBytes: 10 * 1024 * 1024, bodyIdleMs: 30_000, headerBytes: 64 * 1024 } as const

const serverOptions = {
  noDelay: true,
  // What has no Host is answered as all else is: in JSON.
  requireHostHeader: false,
  // A request whose body comes slowly is no mistake: only silence ends it, see `bodyIdleMs`.
  requestTimeout: 0,
  headersTimeout: 60_000,
  // Above the 90 s for which gateways keep idle connections, so that none is closed just as it is used again.
  keepAliveTimeout: 120_000,
  maxHeaderSize: mockLimits.headerBytes,
} as const

/** Starts the provider; it listens when the promise resolves. Throws an EnvironmentError where it cannot. */
export async function startMock({ host, port, log, replica, faults = [], ...plan }: MockOptions): Promise<Mock> {
  const wheel = new Wheel()
  const watch = watchThread(replica ? `mock ${replica.index + 1} of ${replica.of}` : 'mock')
  const ledger = new Ledger(watch, replica?.onChange)
  const limits = { sizeBytes: mockLimits.bodyBytes, idleMs: mockLimits.bodyIdleMs }
  replica?.serves(ledger)
  const routes = createRoutes({ plan, faults, wheel, ledger, limits, log, ...(replica && { replica }) })
  const server = createServer(serverOptions, routes)
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.prependListener('request', ({ socket }, response) => answers.set(socket, response))
  // Unlike 100-continue, whatever else is expected is expected in vain (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const body = JSON.stringify(openaiError(417, 'the header Expect asks for what is not done here'))
    const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }
    response.writeHead(417, { ...headers, connection: 'close' }).end(body)
  })
  server.on('connect', (_request, socket) => refuseTunnel(socket))
  // Each pipelined request listens on its connection.
  server.on('connection', (socket) => socket.setMaxListeners(0))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    log.debug({ code: error.code, reason: error.message }, 'a connection failed')
    refuseConnection(error, socket, isAnswering(answers.get(socket)))
  })
  const closeConnections = () => server.closeAllConnections()
  const listening = await listenOn(server, 'the mock', { host, port, log, closeConnections })
  log.debug({ url: listening.url, ...plan }, 'the mock listens')
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

/** Whether part of an answer has been written to the connection of its last request, and not all of it. */
function isAnswering(last: ServerResponse | undefined): boolean {
  if (!last || last.writableFinished) return false
  // Under pipelining, one without a socket waits for the answer before it.
  return last.socket === null || last.headersSent
}
