import { type Logger, pino } from 'pino'

/** The log: one JSON line an entry on stderr, written at once, secrets left out. */
export function createLog(level: string): Logger {
  const secrets = ['authorization', 'x-api-key', 'api_key', 'cookie', 'set-cookie']
  return pino(
    { level, redact: secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`]) },
    pino.destination({ dest: 2, sync: true }),
  )
}
