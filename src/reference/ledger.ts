import type { FailureReason } from './failure.ts'
import type { Usage } from './upstream-event.ts'

/** The gateway's only tier: it has no fallbacks. */
export const tier = 'upstream'

/** The gateway's counters since its start. */
export interface Counts {
  readonly requests: number
  readonly failures: ReadonlyMap<FailureReason, number>
  readonly clientAborts: number
  readonly attempts: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly activeRequests: number
  readonly activeStreams: number
  readonly peakActiveStreams: number
  readonly backpressure: number
}

/** A request's entry in the ledger, from its acceptance until the client has the entire answer or has disconnected. */
export interface Entry {
  readonly attempted: () => void
  readonly failed: (reason: FailureReason) => void
  readonly used: (usage: Usage) => void
  /** Counts a pause of the upstream, because the client reads more slowly. */
  readonly paused: () => void
  /** Closes the entry, once. */
  readonly close: (isClientGone: boolean) => void
}

/** The counters of a gateway and its open requests. */
export interface Ledger {
  readonly open: (isStream: boolean) => Entry
  readonly counts: () => Counts
}

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  const failures = new Map<FailureReason, number>()
  const n = { requests: 0, clientAborts: 0, attempts: 0, inputTokens: 0, outputTokens: 0 }
  const active = { activeRequests: 0, activeStreams: 0, peakActiveStreams: 0, backpressure: 0 }

  function open(isStream: boolean): Entry {
    n.requests++
    active.activeRequests++
    if (isStream) active.peakActiveStreams = Math.max(active.peakActiveStreams, ++active.activeStreams)
    let isOpen = true
    return {
      attempted: () => {
        n.attempts++
      },
      failed: (reason) => {
        failures.set(reason, (failures.get(reason) ?? 0) + 1)
      },
      used: ({ inputTokens, outputTokens }) => {
        n.inputTokens += inputTokens
        n.outputTokens += outputTokens
      },
      paused: () => {
        active.backpressure++
      },
      close: (isClientGone) => {
        if (!isOpen) return
        isOpen = false
        active.activeRequests--
        if (isStream) active.activeStreams--
        if (isClientGone) n.clientAborts++
      },
    }
  }

  return { open, counts: () => ({ ...n, ...active, failures }) }
}
