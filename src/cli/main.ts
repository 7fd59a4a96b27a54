import { EnvironmentError, UsageError } from '../base/errors.ts'
import { exitStatus, statusOfError } from '../base/exit-status.ts'
import { withoutSecrets } from '../process/secrets.ts'
import { runCommandLine } from './command-line.ts'

/** Runs a command line and sets the exit status; errors go to stderr. */
export async function main(words: readonly string[]): Promise<void> {
  // A closed pipe (`| head`) is not a failure: the results folder has the complete report.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: cannot write the report to stdout (${error.code ?? error.message})\n`)
    process.exitCode = exitStatus.environment
  })
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
