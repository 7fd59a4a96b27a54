import type { Logger } from 'pino'

/** A server that a command runs until it is told to stop. */
interface Server extends AsyncDisposable {
  readonly url: string
  /** Rejects where it has come to an end by itself. */
  readonly died?: Promise<never>
}

/** Runs a server until SIGINT or SIGTERM, or until the parent that started it over IPC is gone. */
export async function serve(name: string, log: Logger, start: () => Promise<Server>): Promise<number> {
  const { promise: told, resolve: tell } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => tell(signal))
  if (process.connected) process.once('disconnect', () => tell('its parent is gone'))
  const server = await start()
  try {
    log.info({ url: server.url }, `${name} listens`)
    log.info(`${name} ends: ${await Promise.race([told, ...(server.died ? [server.died] : [])])}`)
  } finally {
    await server[Symbol.asyncDispose]()
    if (process.connected) process.disconnect()
  }
  return 0
}
