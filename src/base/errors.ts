import { shown } from './shown.ts'

/** One mistake in the user's input, printed as one line: `--streams: must be a whole number from 1 to 100000 (got "x").` */
export interface Problem {
  /** The flag, environment variable, library option, or file and line. */
  readonly where: string
  /** What is wrong, without a final period. A message that starts with `needs` continues the name in `where`. */
  readonly message: string
  /** The value given, if that helps and is not a secret. */
  readonly got?: string
  /** What to do about it: a sentence with its period. */
  readonly hint?: string
}

/** Writes a problem as one line. */
export function describeProblem({ where, message, got, hint }: Problem): string {
  const separator = message.startsWith('needs ') ? ' ' : ': '
  return `${where}${separator}${message}${got === undefined ? '' : ` (got ${got})`}.${hint === undefined ? '' : ` ${hint}`}`
}

/** All mistakes in the user's input at once. Exit status 64. */
export class UsageError extends Error {
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.name = 'UsageError'
    this.problems = problems
  }
}

/** The machine, or a program on it, does not allow the run. The message says what is wrong and what to do. Exit status 4. */
export class EnvironmentError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EnvironmentError'
  }
}

/** What to do about an exception that is a bug of this program. */
export const bugRemedy = 'This is a bug in ccr-sse-stress; please report it.'

/** Formats any thrown value as text, with the place that threw it. Never throws itself. */
export function describeThrown(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : `${shown(thrown)} was thrown`
}

/** An error as the lines that a command prints. */
export function describeError(error: unknown): string {
  if (error instanceof UsageError || error instanceof EnvironmentError)
    return error.message
      .split('\n')
      .map((line) => `error: ${line}`)
      .join('\n')
  return `error: this is a bug in ccr-sse-stress; please report it\n${describeThrown(error)}`
}

/** An error as plain data: messages between threads and processes do not preserve classes. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly problems: readonly Problem[]
}

/** Converts anything thrown to plain data. */
export function toPlainError(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(shown(thrown))
  const problems = error instanceof UsageError ? error.problems : []
  return { name: error.name, message: error.message, stack: error.stack, problems }
}

/** Restores an error of its original class; any other class is a bug in `worker`, whose name goes into the message. */
export function fromPlainError({ name, message, stack, problems }: PlainError, worker: string): Error {
  if (name === 'UsageError') return new UsageError(problems)
  if (name === 'EnvironmentError') return new EnvironmentError(message)
  return new Error(`${worker} failed: ${stack ?? message}`)
}
