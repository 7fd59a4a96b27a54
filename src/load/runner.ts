import { nowNs } from '../base/clock.ts'
import { generateLoad, type LoadOptions } from './generator.ts'
import { type Load, mergeParts } from './load-parts.ts'
import { type LoadThread, startLoadThread, type ThreadOptions } from './load-thread.ts'
import { newProgressBoard, progressOfAll } from './shared-progress.ts'

/** What opens streams: this thread alone, or several threads beside it. Disposing of it ends them. */
export interface Runner extends AsyncDisposable {
  readonly workers: number
  /** Does one load, as `generateLoad` does; one at a time. Worker w of W has each stream whose place is w modulo W. */
  load(options: LoadOptions): Promise<Load>
}

/** How far ahead the common beginning lies, in ms: long enough for its message to reach each worker. */
const leadMs = 20

/** How often the progress of all workers is summed up, in ms. */
const progressEveryMs = 20

/** Starts a runner. One worker is no thread at all. Threads stay from load to load, so that a warm-up warms theirs. */
export async function startRunner(workers: number, options: Partial<ThreadOptions> = {}): Promise<Runner> {
  if (workers === 1) return { workers, load: generateLoad, [Symbol.asyncDispose]: () => Promise.resolve() }
  const how = { entry: ownEntry(), ...options }
  const threads = Array.from({ length: workers }, (_, index) => startLoadThread(index, workers, how))
  const end = async () => {
    await Promise.all(threads.map((thread) => thread[Symbol.asyncDispose]()))
  }
  const load = (options: LoadOptions) => loadWith(threads, options)
  // A load whose worker has died ends the others, so that none of its streams goes on.
  const orEnd = async <T>(doing: Promise<T>): Promise<T> => {
    try {
      return await doing
    } catch (cause) {
      await end()
      throw cause
    }
  }
  await orEnd(Promise.all(threads.map((thread) => thread.heard('up'))))
  return { workers, load: (options) => orEnd(load(options)), [Symbol.asyncDispose]: end }
}

/** Does something with a runner, which is gone when the promise settles. */
export async function withRunner<T>(workers: number, doing: (runner: Runner) => Promise<T>): Promise<T> {
  const runner = await startRunner(workers)
  try {
    return await doing(runner)
  } finally {
    await runner[Symbol.asyncDispose]()
  }
}

async function loadWith(threads: readonly LoadThread[], options: LoadOptions): Promise<Load> {
  const { signal, progress, shard: _, onTransit: __, ...asked } = options
  const of = threads.length
  const board = newProgressBoard(of)
  const tell = () => Object.assign(progress, progressOfAll(board, of))
  const abort = () => {
    for (const thread of threads) thread.post({ do: 'abort' })
  }
  const telling = setInterval(tell, progressEveryMs)
  try {
    const done = Promise.all(threads.map((thread) => thread.heard('done')))
    const set = Promise.all(threads.map((thread) => thread.heard('set')))
    for (const [index, thread] of threads.entries()) thread.post({ do: 'load', options: asked, index, of, board })
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    await Promise.race([set, done])
    const beginNs = nowNs() + leadMs * 1e6
    for (const thread of threads) thread.post({ do: 'begin', beginNs })
    return mergeParts((await done).map(({ part }) => part))
  } finally {
    clearInterval(telling)
    signal.removeEventListener('abort', abort)
    tell()
  }
}

/** The worker's file beside this one: `.ts` in a checkout, `.js` in the package. */
function ownEntry(): URL {
  const self = import.meta.url
  return new URL(`./load-worker${self.slice(self.lastIndexOf('.'))}`, self)
}
