import { describeError } from '../base/errors.ts'
import { exitStatus, statusOfError } from '../base/exit-status.ts'
import { ignoresHangup } from '../process/hangup.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { runCommandLine } from './command-line.ts'

/** Runs a command line and sets the exit status; errors go to stderr. */
export async function main(words: readonly string[]): Promise<void> {
  // If stderr cannot be written to (closed pipe, closed terminal, full disk), the command continues without progress.
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A closed pipe (`| head`), or a terminal that is gone while `setsid` or `nohup` keeps the command running, is not a failure: the
    // results folder has the complete report.
    if (error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY)) return
    process.stderr.write(`error: cannot write the report to stdout (${error.code ?? error.message})\n`)
    process.exitCode = exitStatus.environment
  })
  // Node.js resets ignored signals, so SIGHUP would end a process that `nohup` started.
  if (ignoresHangup(process.env)) process.on('SIGHUP', () => undefined)
  process.on('uncaughtException', (error) => {
    // A command that has something to tear down listens too, and throws the exception after the tear-down.
    if (process.listenerCount('uncaughtException') > 1) return
    report(error)
    process.exit(exitStatus.bug)
  })
  try {
    const status = await runCommandLine(words)
    process.exitCode ??= status
  } catch (error) {
    report(error)
    process.exitCode = statusOfError(error)
  }
}

function report(error: unknown): void {
  process.stderr.write(`${withoutSecrets(describeError(error))}\n`)
}
