/** The signals that end a command in order; the second of them ends it at once. */
export interface Interrupts {
  readonly signal: AbortSignal
  readonly stop: () => void
}

type Ending = 'SIGINT' | 'SIGTERM'

/**
 * Listens to SIGINT, SIGTERM and SIGHUP (as SIGTERM) until stopped. The first aborts the signal, whose reason is
 * `SIGINT` or `SIGTERM`; the second calls `atOnce`.
 */
export function listenToInterrupts(atOnce: (signal: Ending) => void): Interrupts {
  const controller = new AbortController()
  const listener = (name: Ending) => () => {
    if (controller.signal.aborted) atOnce(name)
    else controller.abort(name)
  }
  const listeners = { SIGINT: listener('SIGINT'), SIGTERM: listener('SIGTERM'), SIGHUP: listener('SIGTERM') }
  for (const [name, listen] of Object.entries(listeners)) process.on(name, listen)
  return {
    signal: controller.signal,
    stop: () => {
      for (const [name, listen] of Object.entries(listeners)) process.off(name, listen)
    },
  }
}
