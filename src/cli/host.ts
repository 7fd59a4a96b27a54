import { type Logger, pino } from 'pino'
import { statusOfSignal } from '../base/exit-status.ts'
import { endingSignals } from '../process/hangup.ts'
import type { Host } from '../process/host.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** The host of one command. Disposing stops listening to signals. */
interface CommandHost extends Required<Host>, Disposable {}

/**
 * Makes the host of a command, and listens to SIGINT, SIGTERM and SIGHUP until it is disposed. The first aborts `signal`, with the
 * name of the signal as its reason; the second aborts `killSignal` and ends this process. Below `nohup`, SIGHUP does nothing.
 */
export function createHost(onProgress: (text: string) => void): CommandHost {
  const stop = new AbortController()
  const kill = new AbortController()
  const listeners = endingSignals(process.env).map((name) => {
    const listener = () => {
      if (!stop.signal.aborted) return stop.abort(name)
      kill.abort()
      process.exit(statusOfSignal(name))
    }
    process.on(name, listener)
    return { name, listener }
  })
  return {
    env: process.env,
    log: createLog('warn'),
    cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
    onProgress: (text) => onProgress(withoutSecrets(text)),
    signal: stop.signal,
    killSignal: kill.signal,
    [Symbol.dispose]: () => {
      for (const { name, listener } of listeners) process.off(name, listener)
    },
  }
}

/** A log of one JSON line per entry on stderr, written at once, without secrets. */
export function createLog(level: string): Logger {
  const destination = pino.destination({ dest: 2, sync: true })
  // A log that cannot be written ends no server.
  destination.on('error', () => undefined)
  const secrets = ['authorization', 'x-api-key', 'api_key', 'cookie', 'set-cookie']
  return pino(
    {
      level,
      redact: secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`]),
      hooks: { streamWrite: withoutSecrets },
    },
    destination,
  )
}
