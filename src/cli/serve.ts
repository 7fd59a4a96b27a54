import type { Logger } from 'pino'
import { endingSignals } from '../process/hangup.ts'

/** A server that a command runs until a signal. */
interface Server extends AsyncDisposable {
  readonly url: string
  /** Rejects if the server ends by itself. */
  readonly died?: Promise<never>
}

/** Runs a server until SIGINT, SIGTERM or SIGHUP, or until the parent process that started it with an IPC channel is gone. */
export async function serve(name: string, log: Logger, start: () => Promise<Server>): Promise<number> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<string>()
  for (const signal of endingSignals(process.env)) process.once(signal, () => stop(signal))
  if (process.connected) process.once('disconnect', () => stop('parent process ended'))
  try {
    await using server = await start()
    log.info({ url: server.url }, `${name} listening`)
    log.info(`${name} stopping: ${await Promise.race([stopped, ...(server.died ? [server.died] : [])])}`)
  } finally {
    // A server that could not listen must end too: a listener for `disconnect` would keep the process alive.
    if (process.connected) process.disconnect()
  }
  return 0
}
