import { EnvironmentError, type Problem, UsageError } from '../errors.ts'
import type { LoadOptions } from './generator.ts'
import type { LoadPart } from './load-parts.ts'

/** What a worker of the runner is told. `begin` is an instant in ns of `clock.ts`, which is one clock for all threads. */
export type Order =
  | {
      readonly do: 'load'
      readonly options: Omit<LoadOptions, 'shard' | 'signal' | 'progress'>
      readonly index: number
      readonly of: number
      readonly board: SharedArrayBuffer
    }
  | { readonly do: 'begin'; readonly beginNs: number }
  | { readonly do: 'abort' }

/** What a worker of the runner says: it has loaded its code; its load can begin; its load is over; its load can't be. */
export type Word =
  | { readonly say: 'up' }
  | { readonly say: 'set' }
  | { readonly say: 'done'; readonly part: LoadPart }
  | { readonly say: 'failed'; readonly error: PlainError }

/** An error as plain data, as a message carries no class of ours. */
interface PlainError {
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

/** The error again, of the class that says whose mistake it is; `worker` is named where it is ours. */
export function errorOf({ name, message, stack, problems }: PlainError, worker: string): Error {
  if (name === 'UsageError') return new UsageError(problems)
  if (name === 'EnvironmentError') return new EnvironmentError(message)
  return new Error(`${worker} failed: ${stack ?? message}`)
}
