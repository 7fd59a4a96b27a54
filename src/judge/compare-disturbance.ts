import { percent } from '../base/format.ts'
import type { Run } from '../model/run.ts'
import type { JudgedRun } from './compare-estimates.ts'

/**
 * Share of the machine's CPU time that other programs may use during a run that is compared alone. Runs of the reference gateway with 150
 * streams, while other programs used half of two CPUs, had a median TTFT from 120 to 1,120 ms with a timing that was trusted.
 */
const maxOthersShare = 0.15

/** Why the times of a run cannot be compared alone, as a sentence; undefined if nothing disturbed it. */
export function disturbanceOf({ folder, run, judgement: { timing } }: JudgedRun): string | undefined {
  if (timing.state !== 'trusted')
    return `The timing of ${folder} is suspect: ${timing.reasons[0] ?? 'part of the delay may be the harness.'}`
  const others = othersShare(run)
  if (others === undefined || others <= maxOthersShare) return undefined
  return `Other programs used ${percent(others)} of the CPU time during ${folder} (limit ${percent(maxOthersShare)}).`
}

/** The share of the CPU time that went to other programs; undefined if that of the harness or the gateway is not known. */
export function othersShare({ instrument, mock, cost, gateway }: Run): number | undefined {
  const threads = [...(instrument?.runner ?? []), ...(mock?.instrument ?? [])]
  const cpu = instrument?.machine.cpu
  const gatewayS = gateway.kind === 'none' ? 0 : (cost?.container?.cpuS ?? cost?.cpuS)
  if (!cpu || cpu.totalS === 0 || !mock?.instrument || gatewayS === undefined) return undefined
  if (threads.some(({ cpuMs }) => cpuMs === undefined)) return undefined
  const ownS = threads.reduce((sum, { cpuMs = 0 }) => sum + cpuMs / 1000, gatewayS)
  return Math.max(0, cpu.usedS - ownS) / cpu.totalS
}
