import { millis, percent } from '../base/format.ts'
import type { InstrumentReadings, MachineReadings } from '../model/instrument.ts'
import { machineChecks } from './machine-checks.ts'
import { threadChecks } from './thread-checks.ts'
import { reasonsOf } from './timing-check.ts'

/** What the harness measured of itself and of the machine while cases of `conform` ran. Absent members could not be measured. */
export interface CaseSurroundings {
  readonly runner: readonly InstrumentReadings[]
  readonly mock: readonly InstrumentReadings[]
  readonly machine: MachineReadings
  /** Share of the time of all CPUs in which they were busy, with any process. */
  readonly cpuBusyShare?: number
}

/** How a case failed by time: its deltas came in one burst, its upstream was cancelled too late, or it did not end. */
export type TimedFailure = 'burst' | 'cancellation' | 'deadline'

/**
 * The delay of an event loop, in ms, from which such a failure proves nothing. Half of a clean stream is 110 ms, an upstream may
 * continue for 1 s after its client left, and a stream may last 5 s longer than the idle limit of the gateway.
 */
const longestDelayMs: Readonly<Record<TimedFailure, number>> = { burst: 75, cancellation: 500, deadline: 2500 }

/**
 * The busy share of all CPUs from which bursts and late cancellations prove nothing. Measured on 2 cores while clean streams ran through
 * the reference gateway: 0.05 to 0.19 without other processes, 0.99 or 1 with two or more busy ones.
 */
const mostCpuShare = 0.9

/** Machine checks that only affect connections, or that have their own failure kind. */
const otherChecks = ['listen_overflows', 'descriptors', 'local_ports']

/** Why such a failure is inconclusive, one sentence per reason; empty if neither the harness nor the machine was busy. */
export function busyReasons(surroundings: CaseSurroundings, failure: TimedFailure): readonly string[] {
  const { runner, mock, machine, cpuBusyShare = 0 } = surroundings
  const threads = [...runner, ...mock].filter(({ wallMs }) => wallMs > 0)
  const delayLimitMs = longestDelayMs[failure]
  const late = threads.flatMap((thread) => {
    const ms = longestDelay(thread)
    if (ms < delayLimitMs) return []
    return [
      `The ${thread.name}'s event loop was up to ${millis(ms)} late (limit ${delayLimitMs} ms). Stop other processes.`,
    ]
  })
  const limited = [
    ...threads.flatMap((thread) => reasonsOf(threadChecks, thread)),
    ...reasonsOf(
      machineChecks.filter(({ id }) => !otherChecks.includes(id)),
      machine,
    ),
  ]
  // A deadline leaves seconds, so a suspect delay does not matter.
  const isLong = failure === 'deadline'
  const sentences = limited.filter(({ state }) => !isLong || state === 'invalid').map(({ sentence }) => sentence)
  if (isLong || cpuBusyShare < mostCpuShare) return [...late, ...sentences]
  const share = `The CPUs of this machine were ${percent(cpuBusyShare)} busy (limit ${percent(mostCpuShare)}).`
  return [...late, ...sentences, `${share} Stop other processes.`]
}

function longestDelay({ loopDelay, pauses = [] }: InstrumentReadings): number {
  return Math.max(loopDelay?.maxMs ?? 0, ...pauses.map(({ fromNs, toNs }) => (toNs - fromNs) / 1e6))
}
