import type { Logger } from 'pino'

/** Where progress and the output of children go: a pino logger, or what looks like one. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>

/** How this program starts its own commands: `execPath script mock --port ...`. */
export interface CommandLine {
  readonly execPath: string
  readonly script: string
}

/** What everything that starts processes needs from its caller. Made once for each command or library session. */
export interface Host {
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly cli: CommandLine
  /** Receives one line for each step of the start-up. */
  readonly onProgress: (text: string) => void
  /** Ends the start-up, and later each run, in order. */
  readonly signal: AbortSignal
  /** Kills every child process at once and synchronously: a second Ctrl-C. */
  readonly killSignal?: AbortSignal
}
