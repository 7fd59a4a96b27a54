import type { Scenario } from '../model/scenario.ts'

/** Interval between two looks at the gateway's process, in ms. */
const everyMs = 500

/** Looks in a row without a process after which the load ends: the streams that it broke have failed by then. */
const looks = 3

/** Watches for the end of the gateway's process. Disposing of it ends the watch. */
interface GatewayEnd extends Disposable {
  /** Aborts a while after the process has ended. */
  readonly signal: AbortSignal
}

/**
 * Ends a load with phases if the gateway's process has ended: the rest of a soak would be refused connections. A burst has started all of
 * its streams by then.
 */
export function watchGatewayEnd(
  { phases }: Pick<Scenario, 'phases'>,
  pid: number | undefined,
  ms = everyMs,
): GatewayEnd {
  const ended = new AbortController()
  let missed = 0
  const look = (known: number) => {
    missed = exists(known) ? 0 : missed + 1
    if (missed >= looks) ended.abort()
  }
  const timer = phases && pid !== undefined ? setInterval(look, ms, pid) : undefined
  return { signal: ended.signal, [Symbol.dispose]: () => clearInterval(timer) }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    // EPERM: it belongs to another user.
    return (cause as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
