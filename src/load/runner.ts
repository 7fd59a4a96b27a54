import module from 'node:module'
import { dirname } from 'node:path'
import { type ResourceLimits, Worker } from 'node:worker_threads'
import { nowNs } from '../base/clock.ts'
import { EnvironmentError, fromPlainError } from '../base/errors.ts'
import type { FailedPart } from '../model/instrument.ts'
import { phasesOf } from '../model/phase.ts'
import { generateLoad, type LoadOptions } from './generator.ts'
import { type LoadPart, type LoadResult, mergeParts } from './load-result.ts'
import type { RecordSpool } from './record-sink.ts'
import { createProgressBoard, signsOfLife, totalProgress } from './shared-progress.ts'
import type { WorkerCommand, WorkerEvent } from './worker-message.ts'

/** A worker thread that ended or stopped sending heartbeats. */
export type FailedWorker = Pick<FailedPart, 'name' | 'state' | 'how'>

/** Runs loads, in this thread or in several worker threads. Disposing of it ends the threads. */
export interface Runner extends AsyncDisposable {
  readonly workers: number
  /**
   * Runs one load at a time, as `generateLoad` does. Worker w of W runs every stream whose index is w modulo W. If a worker fails, the
   * load ends early; it then has the records of the others.
   */
  load(options: LoadOptions): Promise<LoadResult>
  /** The worker threads that have failed so far. */
  failed(): readonly FailedWorker[]
}

/** Lead time of the common start, in ms: long enough for the message to reach every worker. */
const leadMs = 20

/** Interval between updates of the total progress, in ms. */
const progressEveryMs = 20

/** Time without a heartbeat after which a worker has failed, in ms. Suspensions of this process do not count. */
const silentMs = 10_000

/** Starts a runner. A single worker runs in the calling thread. Loads reuse the threads, so that a warm-up warms them. */
export async function startRunner(workers: number, options: Partial<ThreadOptions> = {}): Promise<Runner> {
  if (workers === 1)
    return { workers, load: generateLoad, failed: () => [], [Symbol.asyncDispose]: () => Promise.resolve() }
  const threadOptions = { entry: workerEntry(), silentMs, ...options }
  const threads = Array.from({ length: workers }, (_, index) => startLoadThread(index, workers, threadOptions))
  const end = async () => {
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()))
  }
  // The others end too, so that no stream of the load continues.
  const endOnError = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (cause) {
      await end()
      throw cause
    }
  }
  await endOnError(Promise.all(threads.map((thread) => thread.next('up'))))
  return {
    workers,
    load: (options) => endOnError(loadWith(threads, options, threadOptions.silentMs)),
    failed: () => threads.flatMap((thread) => thread.failure() ?? []),
    [Symbol.asyncDispose]: end,
  }
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

async function loadWith(threads: readonly LoadThread[], options: LoadOptions, silentMs: number): Promise<LoadResult> {
  const { signal, progress, spool, shard: _, onTransit: __, ...shared } = options
  const count = threads.length
  const keep = spool && Math.ceil(spool.keep / count)
  const board = createProgressBoard(count)
  const running = new Set(threads.filter((thread) => thread.failure() === undefined))
  const abort = () => {
    for (const thread of running) thread.post({ command: 'abort' })
  }
  const watch = watchSilence(board, silentMs)
  const updateProgress = () => Object.assign(progress, totalProgress(board, count))
  const updating = setInterval(() => {
    updateProgress()
    for (const [index, thread] of threads.entries()) if (running.has(thread)) watch(index, thread)
  }, progressEveryMs)
  // The records of a failed thread are lost. The other threads end early and keep theirs.
  const partOf = async (thread: LoadThread): Promise<readonly LoadPart[]> => {
    try {
      return [(await thread.next('done')).part]
    } catch (cause) {
      if (thread.failure() === undefined) throw cause
      abort()
      return []
    } finally {
      running.delete(thread)
    }
  }
  try {
    const done = Promise.all([...running].map(partOf))
    const allReady = () => Promise.all([...running].map((thread) => thread.next('ready')))
    let ready = allReady()
    for (const [index, thread] of threads.entries()) {
      thread.spool = spool
      if (running.has(thread)) thread.post({ command: 'load', options: shared, keep, index, count, board })
    }
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    for (const _ of phasesOf(options.scenario)) {
      // A thread that fails before it is ready ends the load, too.
      await Promise.race([ready.catch(() => done), done])
      ready = allReady()
      const beginNs = nowNs() + leadMs * 1e6
      for (const thread of running) thread.post({ command: 'begin', beginNs })
    }
    ready.catch(() => undefined)
    return mergeParts((await done).flat())
  } finally {
    clearInterval(updating)
    signal.removeEventListener('abort', abort)
    updateProgress()
  }
}

/**
 * Returns a function to call for each running thread at every update of the progress: it ends a thread that has sent no heartbeat for
 * `silentMs`. The time is counted in updates, so that it does not advance while this thread is paused.
 */
function watchSilence(board: SharedArrayBuffer, silentMs: number): (index: number, thread: LoadThread) => void {
  const last = new Map<number, { readonly signs: number; updates: number }>()
  return (index, thread) => {
    const signs = signsOfLife(board, index)
    const seen = last.get(index)
    if (seen?.signs !== signs) last.set(index, { signs, updates: 0 })
    else if (++seen.updates * progressEveryMs >= silentMs) thread.endSilent(silentMs)
  }
}

/** The worker's entry file: `.ts` in a checkout, `.js` in the package. */
function workerEntry(): URL {
  const self = import.meta.url
  return new URL(`./load-worker${self.slice(self.lastIndexOf('.'))}`, self)
}

/** A worker thread of the runner. Disposing of it terminates it at once. */
interface LoadThread extends AsyncDisposable {
  /** Where the records of the load go if there are many. */
  spool?: RecordSpool
  post(command: WorkerCommand): void
  /** How the thread failed, if it did. An error that it reports is not a failure of the thread. */
  failure(): FailedWorker | undefined
  /** Ends a thread that has sent no heartbeat for this long. */
  endSilent(silentMs: number): void
  /** The next event of this kind. Rejects if the worker reports an error or fails first. */
  next<E extends WorkerEvent['event']>(event: E): Promise<Extract<WorkerEvent, { event: E }>>
}

/** The worker's entry file, the maximum time between heartbeats, and its memory limits (default: V8's). */
interface ThreadOptions {
  readonly entry: URL
  readonly silentMs: number
  readonly resourceLimits?: ResourceLimits
}

/** Starts a worker. An error or a failure rejects all pending and later calls of `next`. */
function startLoadThread(index: number, count: number, { entry, resourceLimits = {} }: ThreadOptions): LoadThread {
  const name = `runner worker ${index + 1} of ${count}`
  // Workers reject some flags of the main thread; V8's flags apply to the entire process anyway.
  const worker = new Worker(entry, {
    execArgv: [],
    resourceLimits,
    name: `load ${index + 1}`,
    workerData: { compileCache: compileCacheFolder() },
  })
  let isDisposed = false
  const broken = Promise.withResolvers<never>()
  // The worker may fail while nothing awaits it; the following `next` then rejects.
  broken.promise.catch(() => undefined)
  const waiting = new Map<WorkerEvent['event'], (message: never) => void>()
  worker.on('message', (message: WorkerEvent) => {
    if (message.event === 'failed') broken.reject(fromPlainError(message.error, name))
    if (message.event === 'lines') thread.spool?.write(message.lines, message.count)
    if (message.event === 'record') thread.spool?.add(message.record)
    const resolve = waiting.get(message.event)
    waiting.delete(message.event)
    resolve?.(message as never)
  })
  let failure: FailedWorker | undefined
  const fail = (state: FailedWorker['state'], how: string, cause?: unknown) => {
    failure ??= { name, state, how }
    broken.reject(new EnvironmentError(`${name} failed: ${how}`, { cause }))
  }
  worker.on('error', (cause) => fail('ended', howEnded(cause), cause))
  worker.on('exit', (code) => {
    if (!isDisposed) fail('ended', `exit code ${code}`)
  })
  const thread: LoadThread = {
    failure: () => failure,
    endSilent: (silentMs) => {
      if (failure) return
      fail('silent', `no heartbeat for ${silentMs / 1000} s`)
      void worker.terminate()
    },
    post: (command) => worker.postMessage(command),
    next: (event) => {
      const message = Promise.withResolvers<Extract<WorkerEvent, { event: typeof event }>>()
      waiting.set(event, message.resolve)
      return Promise.race([message.promise, broken.promise])
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true
      await worker.terminate()
    },
  }
  return thread
}

/** The folder of this thread's compile cache, if any, without Node's own subfolder for its version. */
function compileCacheFolder(): string | undefined {
  const folder = module.getCompileCacheDir?.()
  return folder && dirname(folder)
}

function howEnded(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out of memory' : message
}
