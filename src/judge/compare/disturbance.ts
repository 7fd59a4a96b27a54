import { percent } from '../../base/format.ts'
import type { Run } from '../../model/run.ts'
import type { JudgedRun } from './estimates.ts'

/**
 * Share of the machine's CPU time that other programs may use during a run that is compared alone. With 73 to 84 % of two CPUs used by
 * others, the median TTFT of 16 runs of 150 streams through the reference gateway was between 170 and 1,550 ms, and from 220 to 790 ms
 * in those whose timing was trusted.
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
