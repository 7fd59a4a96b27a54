import { basename } from 'node:path'
import { EnvironmentError } from '../base/errors.ts'
import { describeDeath } from '../process/child.ts'
import { findOnPath } from '../process/executable.ts'
import type { Log } from '../process/host.ts'
import { runToEnd } from '../process/run-to-end.ts'

/** What an installation is done with. */
export interface Installing {
  readonly env: NodeJS.ProcessEnv
  readonly isRoot: boolean
  /** Number of this process: an unfinished installation carries it, so that what a killed one left is known. */
  readonly pid: number
  readonly log: Log
  readonly onProgress: (text: string) => void
  readonly signal: AbortSignal
}

/** Runs one program of an installer to its end; another status than 0 is an EnvironmentError with its last lines. */
export async function runInstaller(
  command: string,
  args: readonly string[],
  { env, log, onProgress, signal }: Installing,
  cwd?: string,
): Promise<void> {
  const name = [basename(command), ...args].join(' ')
  const path = command.includes('/') ? command : await findOnPath(command, env)
  if (path === undefined) throw new EnvironmentError(`${command} is not on PATH: it is needed for ${name}`)
  onProgress(name)
  const death = await runToEnd({ name, command: path, args, env, log, ...(cwd !== undefined && { cwd }) }, signal)
  if (death.how !== 'exit status 0') throw new EnvironmentError(describeDeath(death))
}
