import type { Run } from '../model/run.ts'
import { mergedSeconds, type SecondHistogram } from '../model/second-histogram.ts'
import { minForP99 } from './distribution.ts'

/** Percentiles of the times of one second, in ms, within 0.8 %. */
export interface SecondTimes {
  readonly n: number
  readonly p50Ms: number
  readonly p95Ms: number
  /** Undefined below 100 values. */
  readonly p99Ms?: number
  readonly maxMs: number
}

/** One second of a load and phase. What was not measured is undefined. */
export interface Second {
  /** From 0, the first second of the load. */
  readonly second: number
  /** Index of the phase that the streams started in. */
  readonly phase: number
  readonly starts: number
  /** Starts that an open loop dropped. */
  readonly dropped: number
  readonly ends: number
  readonly failed: number
  /** Streams open at the end of the second. */
  readonly open: number
  readonly deltas: number
  /** Largest delay of a start by the harness. */
  readonly lateMs: number
  readonly ttft?: SecondTimes
  readonly transit?: SecondTimes
  /** Of all phases together, as the members below. */
  readonly gatewayCpuS?: number
  readonly gatewayMemoryBytes?: number
  readonly activeStreams?: number
  readonly runnerMemoryBytes?: number
}

/** The values over time of a run, one entry per second and phase; empty if none were measured. */
export function secondsOf({ series }: Pick<Run, 'series'>): readonly Second[] {
  if (series === undefined) return []
  const open: number[] = []
  return series.second.map((second, at) => {
    const [phase = 0, starts = 0, ends = 0] = [series.phase[at], series.starts[at], series.ends[at]]
    open[phase] = (open[phase] ?? 0) + starts - ends
    return {
      second,
      phase,
      starts,
      dropped: series.dropped[at] ?? 0,
      ends,
      failed: series.failed[at] ?? 0,
      open: open[phase],
      deltas: series.deltas[at] ?? 0,
      lateMs: (series.lateUs[at] ?? 0) / 1000,
      ttft: timesOf(series.ttft[at]),
      transit: timesOf(series.transit?.[at]),
      gatewayCpuS: series.gatewayCpuS?.[second] ?? undefined,
      gatewayMemoryBytes: series.gatewayMemoryBytes?.[second] ?? undefined,
      activeStreams: series.activeStreams?.[second] ?? undefined,
      runnerMemoryBytes: series.runnerMemoryBytes?.[second] ?? undefined,
    }
  })
}

function timesOf(text: string | undefined): SecondTimes | undefined {
  const times = mergedSeconds([text ?? ''])
  const at = (q: number) => (times.quantile(q) ?? 0) / 1000
  return times.n === 0 ? undefined : summaryOf(times, at)
}

function summaryOf({ n, maxUs }: SecondHistogram, at: (q: number) => number): SecondTimes {
  return { n, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: n >= minForP99 ? at(0.99) : undefined, maxMs: maxUs / 1000 }
}
