import { setTimeout } from 'node:timers/promises'

/** Waits for `ms` (a negative time is 0), or until `signal` aborts: an abort ends the wait early and is not an error. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await setTimeout(Math.max(0, ms), undefined, { signal })
  } catch (cause) {
    if (!signal?.aborted) throw cause
  }
}
