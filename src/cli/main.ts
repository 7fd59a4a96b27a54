import { EnvironmentError, ProbeError, UsageError } from '../base/errors.ts'
import { exitStatus, statusOfError } from '../base/exit-status.ts'
import { runCommandLine } from './command-line.ts'

/** Does what the words say, from the first check to the exit status; whatever fails is told on stderr. */
export async function main(words: readonly string[]): Promise<void> {
  // A reader that has left (`| head`) is no failure: what it did not read is in the results folder.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`error: the report can't be written to stdout (${error.code ?? error.message})\n`)
    process.exitCode = exitStatus.environment
  })
  try {
    const status = await runCommandLine(words)
    process.exitCode ??= status
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = statusOfError(error)
  }
}

function describe(error: unknown): string {
  if (error instanceof UsageError || error instanceof EnvironmentError || error instanceof ProbeError)
    return error.message
      .split('\n')
      .map((line) => `error: ${line}`)
      .join('\n')
  return `error: a bug of ccr-sse-stress, please report it\n${error instanceof Error ? error.stack : String(error)}`
}
