import module from 'node:module'
import { dirname } from 'node:path'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { nowNs } from '../base/clock.ts'
import { EnvironmentError, fromPlainError } from '../base/errors.ts'
import { generateLoad, type LoadOptions } from './generator.ts'
import { type LoadResult, mergeParts } from './load-result.ts'
import { createProgressBoard, totalProgress } from './shared-progress.ts'
import type { WorkerCommand, WorkerEvent } from './worker-message.ts'

/** Runs loads, in this thread or in several worker threads. Disposing of it ends the threads. */
export interface Runner extends AsyncDisposable {
  readonly workers: number
  /** Runs one load at a time, as `generateLoad` does. Worker w of W runs every stream whose index is w modulo W. */
  load(options: LoadOptions): Promise<LoadResult>
}

/** Lead time of the common start, in ms: long enough for the message to reach every worker. */
const leadMs = 20

/** Interval between updates of the total progress, in ms. */
const progressEveryMs = 20

/** Starts a runner. A single worker runs in the calling thread. Loads reuse the threads, so that a warm-up warms them. */
export async function startRunner(workers: number, options: Partial<ThreadOptions> = {}): Promise<Runner> {
  if (workers === 1) return { workers, load: generateLoad, [Symbol.asyncDispose]: () => Promise.resolve() }
  const threadOptions = { entry: workerEntry(), ...options }
  const threads = Array.from({ length: workers }, (_, index) => startLoadThread(index, workers, threadOptions))
  const end = async () => {
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()))
  }
  // If a worker dies, the others end too, so that no stream of the load continues.
  const endOnFailure = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (cause) {
      await end()
      throw cause
    }
  }
  await endOnFailure(Promise.all(threads.map((thread) => thread.next('up'))))
  return { workers, load: (options) => endOnFailure(loadWith(threads, options)), [Symbol.asyncDispose]: end }
}

/** Runs `work` with a runner that ends when the promise settles. */
export async function withRunner<T>(workers: number, work: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await startRunner(workers)
  try {
    return await work(runner)
  } finally {
    await runner[Symbol.asyncDispose]()
  }
}

async function loadWith(threads: readonly LoadThread[], options: LoadOptions): Promise<LoadResult> {
  const { signal, progress, shard: _, onTransit: __, ...shared } = options
  const count = threads.length
  const board = createProgressBoard(count)
  const updateProgress = () => Object.assign(progress, totalProgress(board, count))
  const abort = () => {
    for (const thread of threads) thread.post({ command: 'abort' })
  }
  const updating = setInterval(updateProgress, progressEveryMs)
  try {
    const done = Promise.all(threads.map((thread) => thread.next('done')))
    const ready = Promise.all(threads.map((thread) => thread.next('ready')))
    for (const [index, thread] of threads.entries())
      thread.post({ command: 'load', options: shared, index, count, board })
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    await Promise.race([ready, done])
    const beginNs = nowNs() + leadMs * 1e6
    for (const thread of threads) thread.post({ command: 'begin', beginNs })
    return mergeParts((await done).map(({ part }) => part))
  } finally {
    clearInterval(updating)
    signal.removeEventListener('abort', abort)
    updateProgress()
  }
}

/** The worker's entry file: `.ts` in a checkout, `.js` in the package. */
function workerEntry(): URL {
  const self = import.meta.url
  return new URL(`./load-worker${self.slice(self.lastIndexOf('.'))}`, self)
}

/** A worker thread of the runner. Disposing of it terminates it at once. */
interface LoadThread extends AsyncDisposable {
  post(command: WorkerCommand): void
  /** The next event of this kind. Rejects if the worker reports a failure or dies first. */
  next<E extends WorkerEvent['event']>(event: E): Promise<Extract<WorkerEvent, { event: E }>>
}

/** The worker's entry file, and its memory limits (default: V8's). */
interface ThreadOptions {
  readonly entry: URL
  readonly resourceLimits?: ResourceLimits
}

/** Starts a worker. A failure rejects all pending and later calls of `next`. */
function startLoadThread(index: number, count: number, { entry, resourceLimits = {} }: ThreadOptions): LoadThread {
  const name = `runner worker ${index + 1} of ${count}`
  // Workers reject some flags of the main thread; V8's flags apply to the entire process anyway.
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits,
    name: `load ${index + 1}`,
    workerData: { compileCache: compileCacheFolder() },
  })
  const broken = Promise.withResolvers<never>()
  // The worker may fail while nothing awaits it; the following `next` then rejects.
  broken.promise.catch(() => undefined)
  const waiting = new Map<WorkerEvent['event'], (message: never) => void>()
  worker.on('message', (message: WorkerEvent) => {
    if (message.event === 'failed') broken.reject(fromPlainError(message.error, name))
    const resolve = waiting.get(message.event)
    waiting.delete(message.event)
    resolve?.(message as never)
  })
  worker.on('error', (cause) => broken.reject(workerError(name, cause)))
  worker.on('exit', (code) => broken.reject(new EnvironmentError(`${name} ended with exit code ${code}`)))
  return {
    post: (command) => worker.postMessage(command),
    next: (event) => {
      const message = Promise.withResolvers<Extract<WorkerEvent, { event: typeof event }>>()
      waiting.set(event, message.resolve)
      return Promise.race([message.promise, broken.promise])
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

/** The folder of this thread's compile cache, if any, without Node's own subfolder for its version. */
function compileCacheFolder(): string | undefined {
  const folder = module.getCompileCacheDir?.()
  return folder && dirname(folder)
}

function workerError(name: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new EnvironmentError(`${name} ran out of memory. Use fewer streams or more --workers.`, { cause })
  return new Error(`${name} died: ${message}`, { cause })
}
