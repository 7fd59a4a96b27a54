import type { Logger } from 'pino'

/** Where progress and the output of child processes go: a pino logger, or anything with these methods. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>

/** How this program starts its own commands: `execPath script mock --port ...`. */
export interface CommandLine {
  readonly execPath: string
  readonly script: string
}

/** The surroundings of everything that starts processes. Made once per command or library session and passed whole. */
export interface Host {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly cli: CommandLine
  /** Receives one line per step. */
  readonly onProgress: (text: string) => void
  /** Ends the start-up, and later each run, in order. Its reason is the signal's name if a signal caused it. */
  readonly signal: AbortSignal
  /** Kills every child process at once and synchronously (a second Ctrl-C). */
  readonly killSignal?: AbortSignal
}
