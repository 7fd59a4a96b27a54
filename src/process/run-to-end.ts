import { type ChildOptions, type Death, startChild } from './child.ts'

/** Runs a program to its end and says how it ended; an abort ends it in order and throws the signal's reason. */
export async function runToEnd(options: ChildOptions, signal: AbortSignal): Promise<Death> {
  signal.throwIfAborted()
  const child = await startChild(options)
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  // It may have come while the child was being started.
  if (signal.aborted) stop()
  try {
    return await Promise.race([child.died, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    await child[Symbol.asyncDispose]()
  }
}
