import type { Logger } from 'pino'

/** Where progress and the output of child processes go: a pino logger, or anything with these methods. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn'>

/** How this program starts its own commands: `execPath script mock --port ...`. */
export interface CommandLine {
  readonly execPath: string
  readonly script: string
}

/** The environment of everything that starts processes. Created once per command or library session, and passed on unchanged. */
export interface Host {
  readonly env: NodeJS.ProcessEnv
  /** Names of variables that mock, gateway and proxies get in addition to those that they need. */
  readonly passEnv?: readonly string[]
  readonly log: Log
  readonly cli: CommandLine
  /** Receives one line per step. */
  readonly onProgress: (text: string) => void
  /** Aborts the start-up or the current run with an orderly tear-down. The reason is the signal's name if a signal caused it. */
  readonly signal: AbortSignal
  /** Kills every child process at once and synchronously (a second Ctrl-C). */
  readonly killSignal?: AbortSignal
}
