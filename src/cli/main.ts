import { EnvironmentError, UsageError } from '../base/errors.ts'
import { exitStatus, statusOfError } from '../base/exit-status.ts'
import { ignoresHangup } from '../process/hangup.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { runCommandLine } from './command-line.ts'

/** Runs a command line and sets the exit status; errors go to stderr. */
export async function main(words: readonly string[]): Promise<void> {
  // Whatever stderr suffers (a closed pipe, a terminal that is gone, a full disk), the command goes on without progress.
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A closed pipe (`| head`) is not a failure: the results folder has the complete report.
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: cannot write the report to stdout (${error.code ?? error.message})\n`)
    process.exitCode = exitStatus.environment
  })
  // Node.js would end at a hang-up although `nohup` started it.
  if (ignoresHangup(process.env)) process.on('SIGHUP', () => undefined)
  try {
    const status = await runCommandLine(words)
    process.exitCode ??= status
  } catch (error) {
    process.stderr.write(`${withoutSecrets(describe(error))}\n`)
    process.exitCode = statusOfError(error)
  }
}

function describe(error: unknown): string {
  if (error instanceof UsageError || error instanceof EnvironmentError)
    return error.message
      .split('\n')
      .map((line) => `error: ${line}`)
      .join('\n')
  return `error: this is a bug in ccr-sse-stress; please report it\n${error instanceof Error ? error.stack : String(error)}`
}
