/**
 * Ends everything that was started, in reverse order. Unlike an AsyncDisposableStack, it can also end everything
 * synchronously (for a second Ctrl-C), and every call of its disposal waits for the same tear-down.
 */
export interface TearDown extends AsyncDisposable {
  /** Takes ownership of `started`; `endNow` ends it synchronously. */
  own<T extends AsyncDisposable & { unref?: () => void }>(started: T, endNow: (started: T) => void): T
  /** Lets this process end while what was started still runs. */
  unref(): void
}

/** Creates an empty tear-down. When `killSignal` is aborted, it ends everything at once. */
export function createTearDown(killSignal?: AbortSignal): TearDown {
  const owned: { readonly started: AsyncDisposable & { unref?: () => void }; readonly endNow: () => void }[] = []
  let ended: Promise<void> | undefined
  let killed = false
  const now = () => {
    killed = true
    for (const { endNow } of owned.toReversed()) endNow()
  }
  const end = async () => {
    const errors: unknown[] = []
    for (const { started } of owned.toReversed()) {
      try {
        await started[Symbol.asyncDispose]()
      } catch (error) {
        errors.push(error)
      }
    }
    killSignal?.removeEventListener('abort', now)
    if (errors.length > 0) throw new AggregateError(errors, 'the tear-down of the topology failed')
  }
  killSignal?.addEventListener('abort', now, { once: true })
  return {
    own(started, endNow) {
      owned.push({ started, endNow: () => endNow(started) })
      if (killed) endNow(started)
      return started
    },
    unref() {
      for (const { started } of owned) started.unref?.()
    },
    [Symbol.asyncDispose]() {
      ended ??= end()
      return ended
    },
  }
}
