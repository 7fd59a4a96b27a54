import type { AddressInfo, Server } from 'node:net'
import type { Logger } from 'pino'
import { EnvironmentError } from './errors.ts'

/** A listening server; disposing of it closes open connections at once. */
export interface Listening extends AsyncDisposable {
  readonly port: number
  readonly url: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Address to listen on (port 0: any free port), and how to close open connections. */
interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly log: Logger
  readonly closeConnections: () => void
}

/** Starts listening. Throws an EnvironmentError that names the server by `what` if the address is not available. */
export async function listenOn(server: Server, what: string, options: ListenOptions): Promise<Listening> {
  const { host, log, closeConnections } = options
  await listen(server, what, options)
  server.on('error', (error) => log.error({ err: error }, 'server error'))
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    [Symbol.asyncDispose]: () => {
      closed ??= new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        closeConnections()
      })
      return closed
    },
  }
}

function listen(server: Server, what: string, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = listenProblems[cause.code ?? '']
      reject(problem ? new EnvironmentError(`${what} cannot listen on ${host}:${port}: ${problem}`, { cause }) : cause)
    })
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use. Stop the program that listens there, or choose another port with --port.',
  EACCES: 'not permitted. Choose a port above 1023 with --port.',
  EADDRNOTAVAIL: 'this machine does not have this address. Choose another with --host.',
  ENOTFOUND: 'the host name is unknown. Choose another with --host.',
}
