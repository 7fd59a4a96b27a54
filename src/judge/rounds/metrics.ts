import type { Summary } from '../summary.ts'

/** A number that is compared over rounds. */
export interface RoundMetric {
  /** As in thresholds. */
  readonly name: string
  readonly label: string
  readonly unit: 'ms' | 'us' | 'MiB'
  /** Whether it is a difference, which may be negative. */
  readonly isOverhead?: true
  /** Whether it says nothing if the times of a run are invalid. */
  readonly isTime: boolean
  /** Whether only the full report has it. */
  readonly isDetail?: true
  readonly read: (summary: Summary) => number | undefined
}

/** Streams that failed first count as slower than any other: then there is a percentile only if it lies among those that did not. */
function ttft({ ttft: all, ttftCensored: censored }: Summary, percentile: 'p50Ms' | 'p99Ms'): number | undefined {
  if (censored) return percentile === 'p50Ms' || censored.n >= 100 ? censored[percentile] : undefined
  return percentile === 'p50Ms' ? all?.p50Ms : all?.tail.p99Ms
}

/** Every number that is compared over rounds, in the sequence of the columns. */
export const roundMetrics: readonly RoundMetric[] = [
  { name: 'ttft.p50', label: 'TTFT p50', unit: 'ms', isTime: true, read: (summary) => ttft(summary, 'p50Ms') },
  { name: 'ttft.p99', label: 'TTFT p99', unit: 'ms', isTime: true, read: (summary) => ttft(summary, 'p99Ms') },
  {
    name: 'overhead.ttft.p50',
    label: 'overhead p50',
    unit: 'ms',
    isOverhead: true,
    isTime: true,
    read: ({ overhead }) => overhead?.ttft?.p50.overheadMs,
  },
  {
    name: 'overhead.ttft.p99',
    label: 'overhead p99',
    unit: 'ms',
    isOverhead: true,
    isDetail: true,
    isTime: true,
    read: ({ overhead }) => overhead?.ttft?.p99?.overheadMs,
  },
  {
    name: 'interChunk.p99',
    label: 'gap p99',
    unit: 'ms',
    isTime: true,
    read: ({ interChunk }) => interChunk?.tail.p99Ms,
  },
  {
    name: 'cpu.perEvent',
    label: 'CPU/event',
    unit: 'us',
    isTime: true,
    read: ({ cost }) => cost?.cpuUsPerEvent,
  },
  {
    name: 'memory.peak',
    label: 'memory',
    unit: 'MiB',
    isTime: false,
    read: ({ cost }) => (cost?.memoryPeakBytes === undefined ? undefined : cost.memoryPeakBytes / 2 ** 20),
  },
]
