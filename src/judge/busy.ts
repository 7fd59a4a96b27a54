import { millis, percent } from '../base/format.ts'
import type { InstrumentReadings, MachineReadings } from '../model/instrument.ts'
import { machineChecks } from './machine-checks.ts'
import { threadChecks } from './thread-checks.ts'
import { reasonsOf, type TimingCheck, worst } from './timing-check.ts'

/** What the harness measured of itself and of the machine while cases of `conform` ran. Absent members could not be measured. */
export interface CaseSurroundings {
  readonly runner: readonly InstrumentReadings[]
  readonly mock: readonly InstrumentReadings[]
  readonly machine: MachineReadings
  /** Share of the time of all CPUs in which they were busy, with any process. */
  readonly cpuBusyShare?: number
}

/**
 * The limits from which a case is not judged by time. They are below those of a run, because a single stream decides a case and the
 * clean ones last 0.24 s. Measured with the reference gateway on 2 cores: see the comment of each.
 */
export const busyLimits = {
  /** The longest delay of an event loop. Two of them make up half of a clean stream, which then looks buffered. */
  longestDelayMs: 75,
  /** The busy share of the CPUs. */
  cpuBusyShare: 0.9,
} as const

const delayCheck: TimingCheck<InstrumentReadings> = {
  id: 'longest_delay',
  state: ({ loopDelay }) => worst(false, (loopDelay?.maxMs ?? 0) >= busyLimits.longestDelayMs),
  sentence: ({ name, loopDelay }) =>
    `The ${name}'s event loop was up to ${millis(loopDelay?.maxMs ?? 0)} late (limit ${busyLimits.longestDelayMs} ms).`,
}

const cpuCheck: TimingCheck<CaseSurroundings> = {
  id: 'cpu_busy',
  state: ({ cpuBusyShare = 0 }) => worst(false, cpuBusyShare >= busyLimits.cpuBusyShare),
  sentence: ({ cpuBusyShare = 0 }) =>
    `This machine's CPUs were ${percent(cpuBusyShare)} busy (limit ${percent(busyLimits.cpuBusyShare)}). Stop other processes.`,
}

/** Why nothing is to be concluded from time, one sentence each; empty if the harness and the machine were free. */
export function busyReasons(surroundings: CaseSurroundings): readonly string[] {
  const { runner, mock, machine } = surroundings
  const threads = [...runner, ...mock].filter(({ wallMs }) => wallMs > 0)
  return [
    ...threads.flatMap((thread) => reasonsOf([...threadChecks, delayCheck], thread)),
    ...reasonsOf(machineChecks, machine),
    ...reasonsOf([cpuCheck], surroundings),
  ].map(({ sentence }) => sentence)
}
