import { type Logger, pino } from 'pino'
import { describeError } from '../base/errors.ts'
import { exitStatus, statusOfSignal } from '../base/exit-status.ts'
import { endingSignals } from '../process/hangup.ts'
import type { Host } from '../process/host.ts'
import { withoutSecrets } from '../process/secrets.ts'

/** The host of one command. Disposing stops listening to signals and exceptions. */
interface CommandHost extends Required<Omit<Host, 'passEnv'>>, Disposable {
  /** Rethrows an uncaught exception after the tear-down. */
  throwUncaught(): void
}

/** Time limit for the tear-down after an uncaught exception, in ms: the tear-down may wait for something that the exception broke. */
const tearDownMs = 20_000

/**
 * Makes the host of a command, and listens to SIGINT, SIGTERM, SIGHUP and uncaught exceptions until it is disposed. The first aborts
 * `signal`, with the name of the signal as its reason; the second aborts `killSignal` and ends this process. With `nohup`, SIGHUP
 * is ignored.
 */
export function createHost(onProgress: (text: string) => void): CommandHost {
  const stop = new AbortController()
  const kill = new AbortController()
  let uncaught: { readonly thrown: unknown } | undefined
  const endNow = (status: number) => {
    kill.abort()
    // Another signal kills this process if it cannot exit, for example because it writes to a pipe that nobody reads.
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
  // A server continues even if its log cannot be written.
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
