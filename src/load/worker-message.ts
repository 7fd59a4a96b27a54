import type { PlainError } from '../base/errors.ts'
import type { StreamRecord } from '../model/record.ts'
import type { LoadOptions } from './generator.ts'
import type { LoadPart } from './load-result.ts'

/** A message to a worker of the runner. `begin` starts the next phase; `beginNs` is on the clock of `clock.ts`, which all threads share. */
export type WorkerCommand =
  | {
      readonly command: 'load'
      readonly options: Omit<LoadOptions, 'shard' | 'signal' | 'progress' | 'spool'>
      /** Records that the worker keeps before it sends them; absent: all. */
      readonly keep?: number
      readonly index: number
      readonly count: number
      readonly board: SharedArrayBuffer
    }
  | { readonly command: 'begin'; readonly beginNs: number }
  | { readonly command: 'abort' }

/**
 * A message from a worker of the runner: code loaded, load ready to begin its next phase, records for the spool, load done, or load
 * failed.
 */
export type WorkerEvent =
  | { readonly event: 'up' }
  | { readonly event: 'ready' }
  | { readonly event: 'lines'; readonly lines: Uint8Array<ArrayBuffer>; readonly count: number }
  | { readonly event: 'record'; readonly record: StreamRecord }
  | { readonly event: 'done'; readonly part: LoadPart }
  | { readonly event: 'failed'; readonly error: PlainError }
