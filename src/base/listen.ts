import type { AddressInfo, Server } from 'node:net'
import type { Logger } from 'pino'
import { EnvironmentError } from './errors.ts'

/** A server that listens; disposing it breaks off what is open. */
export interface Listening extends AsyncDisposable {
  readonly port: number
  readonly url: string
  [Symbol.asyncDispose](): Promise<void>
}

/** Where a server is to listen (port 0: any free one), and what breaks its open connections off. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly log: Logger
  readonly breakOff: () => void
}

/** Lets `server` listen; `what` it is stands in the EnvironmentError that is thrown where it cannot. */
export async function listenOn(server: Server, what: string, options: ListenOptions): Promise<Listening> {
  const { host, log, breakOff } = options
  await listen(server, what, options)
  server.on('error', (error) => log.error({ err: error }, 'listening failed'))
  const { port } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    [Symbol.asyncDispose]: () => {
      closed ??= new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        breakOff()
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
  EADDRINUSE: 'the port is in use; end what listens there, or choose another with --port',
  EACCES: 'not permitted; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another with --host',
  ENOTFOUND: 'no such host; choose another with --host',
}
