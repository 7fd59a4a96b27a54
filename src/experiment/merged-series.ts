import { SeriesRecorder } from '../load/series-recorder.ts'
import { mergeSeries } from '../model/merge-series.ts'
import type { Run } from '../model/run.ts'
import type { LoadSeries, Series } from '../model/series.ts'
import { ttftNs } from '../model/times.ts'

/**
 * Values over time of all parts of a load. If the parts began together, they are exact. Otherwise what the records hold (starts, ends,
 * failures, TTFT, lateness) is counted again in the seconds of the first part; deltas, transit times and dropped starts, which they do
 * not hold, are those of the nearest second: off by half a second at most.
 */
export function mergedSeries(runs: readonly Run[]): Series | undefined {
  const parts = runs.flatMap(({ series, records }) => (series ? [{ series, records }] : []))
  if (parts.length === 0) return undefined
  const beginNs = Math.min(...parts.map(({ series }) => series.beginNs))
  const isAligned = parts.every(({ series }) => series.beginNs === beginNs)
  const ofLoads = isAligned
    ? parts.map(({ series }) => loadColumns(series))
    : [recorded(runs, beginNs), ...parts.map(({ series }) => unrecorded(series, beginNs))]
  const load = mergeSeries(ofLoads)
  if (!load) return undefined
  const moved = parts.map(({ series }) => ({ series, bySeconds: secondsSince(series.beginNs, beginNs) }))
  const largest = (name: 'gatewayCpuS' | 'gatewayMemoryBytes' | 'activeStreams') =>
    combined(moved, (series) => series[name], Math.max)
  const columns = {
    gatewayCpuS: largest('gatewayCpuS'),
    gatewayMemoryBytes: largest('gatewayMemoryBytes'),
    activeStreams: largest('activeStreams'),
    runnerMemoryBytes: combined(
      moved,
      (series) => series.runnerMemoryBytes,
      (a, b) => a + b,
    ),
  }
  const lengths = Object.values(columns).map((values) => values?.length ?? 0)
  const length = Math.max(...lengths)
  const padded = Object.entries(columns).map(([name, values]) => [
    name,
    values && [...values, ...new Array<null>(length - values.length).fill(null)],
  ])
  return { ...load, ...Object.fromEntries(padded.filter(([, values]) => values !== undefined)) }
}

function secondsSince(ns: number, beginNs: number): number {
  return Math.round((ns - beginNs) / 1e9)
}

/** The columns of the streams only. */
function loadColumns({
  gatewayCpuS: _,
  gatewayMemoryBytes: __,
  activeStreams: ___,
  runnerMemoryBytes: ____,
  ...columns
}: Series): LoadSeries {
  return columns
}

/** What the records of all parts hold, in the seconds since an instant. */
function recorded(runs: readonly Run[], beginNs: number): LoadSeries {
  const events = runs
    .flatMap(({ records }) => records)
    .flatMap((record) => [
      { ns: record.startedNs, rank: 0, record },
      ...(record.firstDeltaNs === undefined ? [] : [{ ns: record.firstDeltaNs, rank: 1, record }]),
      { ns: record.endedNs, rank: 2, record },
    ])
    .sort((a, b) => a.ns - b.ns || a.rank - b.rank)
  const recorder = new SeriesRecorder()
  recorder.begin(beginNs)
  for (const { ns, rank, record } of events) {
    const phase = recorder.phase(record.phase ?? 0)
    if (rank === 0) phase.started(record.intendedNs, record.startedNs)
    else if (rank === 1) phase.delta(ns, ttftNs(record))
    else phase.ended(ns, record.outcome.state === 'failed')
  }
  const { deltas, ...columns } = recorder.read(false)
  return { ...columns, deltas: deltas.map(() => 0) }
}

/** What the records do not hold, moved to the nearest second since an instant. */
function unrecorded(series: Series, beginNs: number): LoadSeries {
  const { second, starts, ...columns } = loadColumns(series)
  const none = starts.map(() => 0)
  const bySeconds = secondsSince(series.beginNs, beginNs)
  return {
    ...columns,
    ...{ starts: none, ends: none, failed: none, lateUs: none, ttft: starts.map(() => '') },
    second: second.map((value) => value + bySeconds),
    beginNs,
  }
}

/** The values per second of all parts, combined where several have one. */
function combined(
  parts: readonly { readonly series: Series; readonly bySeconds: number }[],
  read: (series: Series) => readonly (number | null)[] | undefined,
  combine: (a: number, b: number) => number,
): (number | null)[] | undefined {
  let hasAny = false
  const result: (number | null)[] = []
  for (const { series, bySeconds } of parts)
    for (const [second, value] of (read(series) ?? []).entries()) {
      hasAny = true
      const at = second + bySeconds
      while (result.length <= at) result.push(null)
      const known = result[at] ?? null
      if (value !== null) result[at] = known === null ? value : combine(known, value)
    }
  return hasAny ? result : undefined
}
