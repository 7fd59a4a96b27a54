import module from 'node:module'
import { dirname } from 'node:path'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { EnvironmentError, fromPlainError } from '../base/errors.ts'
import type { Order, Word } from './load-message.ts'

/** A worker thread of the runner. Disposing of it ends it then and there. */
export interface LoadThread extends AsyncDisposable {
  post(order: Order): void
  /** The next word of this sort. Rejects where the worker says that its load can't be, or dies before. */
  heard<S extends Word['say']>(say: S): Promise<Extract<Word, { say: S }>>
}

/** How a worker thread is started. */
export interface ThreadOptions {
  readonly entry: URL
  readonly resourceLimits?: ResourceLimits
}

/** Starts worker `index` of `of`; what befalls it is told by what is waited for. */
export function startLoadThread(index: number, of: number, { entry, resourceLimits = {} }: ThreadOptions): LoadThread {
  const name = `worker ${index + 1} of ${of} of the runner`
  // Flags of the main thread may be none that a worker takes, and those of V8 hold for both.
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits,
    name: `load ${index + 1}`,
    workerData: { compileCache: compileCacheFolder() },
  })
  const broken = Promise.withResolvers<never>()
  // It may break while nobody waits for it, and whoever waits next is told.
  broken.promise.catch(() => undefined)
  const waiting = new Map<Word['say'], (word: never) => void>()
  worker.on('message', (word: Word) => {
    if (word.say === 'failed') broken.reject(fromPlainError(word.error, name))
    const hear = waiting.get(word.say)
    waiting.delete(word.say)
    hear?.(word as never)
  })
  worker.on('error', (cause) => broken.reject(deathBy(name, cause)))
  worker.on('exit', (code) => broken.reject(new EnvironmentError(`${name} ended with exit code ${code}`)))
  return {
    post: (order) => worker.postMessage(order),
    heard: (say) => {
      const word = Promise.withResolvers<Extract<Word, { say: typeof say }>>()
      waiting.set(say, word.resolve)
      return Promise.race([word.promise, broken.promise])
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

/** The folder of this thread's compile cache, where it has one: Node has a folder for its own version in it. */
function compileCacheFolder(): string | undefined {
  const folder = module.getCompileCacheDir?.()
  return folder && dirname(folder)
}

function deathBy(name: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new EnvironmentError(`${name} ran out of memory: take fewer streams, or more workers`, { cause })
  return new Error(`${name} died: ${message}`, { cause })
}
