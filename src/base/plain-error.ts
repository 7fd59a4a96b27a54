import { EnvironmentError, type Problem, UsageError } from './errors.ts'

/** An error as plain data: no message to a thread or a process carries a class of ours. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly problems: readonly Problem[]
}

/** Makes plain data of what was thrown. */
export function plainError(thrown: unknown): PlainError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const problems = error instanceof UsageError ? error.problems : []
  return { name: error.name, message: error.message, stack: error.stack, problems }
}

/** The error again, of the class that says whose mistake it is; the worker is named where it is ours. */
export function errorOf({ name, message, stack, problems }: PlainError, worker: string): Error {
  if (name === 'UsageError') return new UsageError(problems)
  if (name === 'EnvironmentError') return new EnvironmentError(message)
  return new Error(`${worker} failed: ${stack ?? message}`)
}
