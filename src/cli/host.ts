import { type Logger, pino } from 'pino'
import { describeError } from '../base/errors.ts'
import { exitStatus, statusOfSignal } from '../base/exit-status.ts'
import { endingSignals } from '../process/hangup.ts'
import type { Host } from '../process/host.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** The host of one command. Disposing stops listening to signals and exceptions. */
interface CommandHost extends Required<Omit<Host, 'passEnv'>>, Disposable {
  /** Throws what no part of this program caught, after the tear-down that it caused. */
  throwUncaught(): void
}

/** Time limit for the tear-down after an uncaught exception, in ms: it may have broken what the tear-down waits for. */
const tearDownMs = 20_000

/**
 * Makes the host of a command, and listens to SIGINT, SIGTERM, SIGHUP and uncaught exceptions until it is disposed. The first aborts
 * `signal`, with the name of the signal as its reason; the second aborts `killSignal` and ends this process. Below `nohup`, SIGHUP
 * does nothing.
 */
export function createHost(onProgress: (text: string) => void): CommandHost {
  const stop = new AbortController()
  const kill = new AbortController()
  let uncaught: { readonly thrown: unknown } | undefined
  const endNow = (status: number) => {
    kill.abort()
    // A further signal kills this process, if it cannot exit: a write to a pipe that nobody reads blocks it.
    stopListening()
    process.exit(status)
  }
  const onUncaught = (thrown: unknown) => {
    if (uncaught) return reportAndEnd(thrown)
    uncaught = { thrown }
    setTimeout(reportAndEnd, tearDownMs, thrown).unref()
    stop.abort('SIGTERM')
  }
  const reportAndEnd = (thrown: unknown) => {
    process.stderr.write(`${withoutSecrets(describeError(thrown))}\n`)
    endNow(exitStatus.bug)
  }
  const listeners = endingSignals(process.env).map((name) => {
    const listener = () => (stop.signal.aborted ? endNow(statusOfSignal(name)) : stop.abort(name))
    process.on(name, listener)
    return { name, listener }
  })
  process.on('uncaughtException', onUncaught)
  const stopListening = () => {
    for (const { name, listener } of listeners) process.off(name, listener)
    process.off('uncaughtException', onUncaught)
  }
  return {
    env: process.env,
    log: createLog('warn'),
    cli: { execPath: process.execPath, script: process.argv[1] ?? '' },
    onProgress: (text) => onProgress(withoutSecrets(text)),
    signal: stop.signal,
    killSignal: kill.signal,
    throwUncaught() {
      if (uncaught) throw uncaught.thrown
    },
    [Symbol.dispose]: stopListening,
  }
}

/** If a second signal ends this process while it writes files, stderr says that they may be incomplete. The printed report is not. */
export function sayIfKilled({ killSignal }: Pick<CommandHost, 'killSignal'>, files: string): void {
  const say = () =>
    process.stderr.write(`killed while writing ${files}, which may be incomplete; the report above is complete\n`)
  killSignal.addEventListener('abort', say, { once: true })
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
