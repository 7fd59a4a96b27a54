import type { StreamRecord } from '../model/record.ts'
import type { Run } from '../model/run.ts'
import { paceOf, settingsOf } from '../plan/mix.ts'
import type { GatewayFinding } from './gateway-finding.ts'
import { type Standstill, standstillOf } from './pauses.ts'

/** Grace period in addition to the time between two deltas, in ms. */
const graceMs = 1000

/** How long an upstream stream may continue after its client left, in ms. `delayMs` is the time between two deltas. */
export function cancellationLimitMs(delayMs = 0): number {
  return delayMs + graceMs
}

/**
 * How long the upstream stream continued after its client left, in ms, without the time in which the harness was paused: infinite if
 * it is still open, undefined if there was none.
 */
export function continuedMs({ upstream, endedNs }: StreamRecord, standstill?: Standstill): number | undefined {
  if (!upstream) return undefined
  if (upstream.state === 'open') return Number.POSITIVE_INFINITY
  return (upstream.endedNs - endedNs - (standstill?.overlapNs(endedNs, upstream.endedNs) ?? 0)) / 1e6
}

/** Streams whose clients left because of one client fault, and how long their upstream streams continued. */
export interface Cancellation {
  readonly clientFault: string
  readonly streams: number
  /** From the client's disconnect to the end of the stream at the mock, in ms, ascending; only streams that ended after it. */
  readonly noticedMs: readonly number[]
  /** Streams that continued beyond the limit, or were still open at the last check. */
  readonly notCancelled: number
}

/** The cancellations of a run, by client fault. */
export function cancellationsOf(run: Run): readonly Cancellation[] {
  const { records, scenario } = run
  const standstill = standstillOf(run)
  const left = records.filter(({ clientFault, outcome }) => clientFault !== undefined && outcome.state === 'aborted')
  return [...Map.groupBy(left, ({ clientFault }) => clientFault as string)].map(([clientFault, streams]) => {
    const continued = streams.flatMap((record) => {
      const ms = continuedMs(record, standstill)
      return ms === undefined ? [] : [{ ms, limitMs: cancellationLimitMs(settingsOf(scenario, record.stream).delayMs) }]
    })
    const ends = continued.map(({ ms }) => ms)
    return {
      clientFault,
      streams: streams.length,
      noticedMs: ends.filter((ms) => ms > 0 && Number.isFinite(ms)).sort((a, b) => a - b),
      notCancelled: continued.filter(({ ms, limitMs }) => ms > limitMs).length,
    }
  })
}

/** Whether the gateway let upstream streams continue after their clients left. */
export function uncancelledOf(run: Run, cancellations = cancellationsOf(run)): readonly GatewayFinding[] {
  // An interrupted run does not wait for the mock to notice.
  if (run.interruptedBy) return []
  return cancellations
    .filter(({ notCancelled }) => notCancelled > 0)
    .map(({ clientFault, streams, notCancelled }) => ({
      class: 'upstream_not_cancelled',
      metric: `upstream streams that continued after ${clientFault}`,
      expected: `0 of ${streams} after ${cancellationLimitMs(paceOf(run.scenario).longestDelayMs)} ms`,
      got: `${notCancelled}`,
    }))
}
