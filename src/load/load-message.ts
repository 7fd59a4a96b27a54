import type { PlainError } from '../base/errors.ts'
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
