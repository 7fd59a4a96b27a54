import type { BlockTimes } from '../model/baseline.ts'
import type { Flight } from '../model/flight.ts'
import { type Histogram, mergedOf } from '../model/histogram.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import { mergeSeries } from '../model/merge-series.ts'
import type { StreamRecord } from '../model/record.ts'
import type { LoadSeries } from '../model/series.ts'
import { mergeFlights, withoutStamps } from './flight-recorder.ts'

/** The result of a load: one record for each started stream that is not in its spool, sorted by stream number. */
export interface LoadResult {
  readonly records: readonly StreamRecord[]
  /** Starts that open loops dropped, and times of the deltas, by phase. */
  readonly dropped: readonly number[]
  readonly phaseTimes: readonly BlockTimes[]
  readonly interChunk: Histogram
  /** Time from the mock's stamp to the arrival of each planned delta, in us; undefined without a common clock. */
  readonly transit: Histogram | undefined
  /** Inter-chunk latency and transit time per block of streams. */
  readonly blocks: readonly BlockTimes[]
  /** Undefined if no worker has one. */
  readonly series?: LoadSeries
  readonly flights: readonly Flight[]
  /** Whether every stamp lies within its stream's lifetime; otherwise the mock uses another machine's clock. */
  readonly isClockKnown: boolean
  /** Self-measurements of the worker threads; undefined if the load ran in the calling thread. */
  readonly threads?: readonly InstrumentReadings[]
}

/** The result of one worker, as plain data that fits in a message. */
export interface LoadPart {
  readonly records: readonly StreamRecord[]
  readonly dropped: readonly number[]
  readonly phaseTimes: readonly BlockTimes[]
  readonly blocks: readonly BlockTimes[]
  readonly series?: LoadSeries
  readonly flights: readonly Flight[]
  readonly isClockKnown: boolean
  /** Self-measurement of its thread. */
  readonly thread: InstrumentReadings
}

/** Converts a worker's result to plain data. */
export function loadPart(
  { records, dropped, phaseTimes, blocks, series, flights, isClockKnown }: LoadResult,
  thread: InstrumentReadings,
): LoadPart {
  return { records, dropped, phaseTimes, blocks, series, flights, isClockKnown, thread }
}

/** Merges the results of all workers into what one worker with all streams would have returned. */
export function mergeParts(parts: readonly LoadPart[]): LoadResult {
  const isClockKnown = parts.every((part) => part.isClockKnown)
  const lists = (name: 'blocks' | 'phaseTimes') => parts.map((part) => part[name])
  const blocks = mergeByIndex(lists('blocks'), isClockKnown)
  const series = mergeSeries(parts.flatMap((part) => part.series ?? []))
  const flights = mergeFlights(parts.map((part) => part.flights))
  return {
    records: parts.flatMap(({ records }) => records).sort((a, b) => a.stream - b.stream),
    dropped: sumByIndex(parts.map(({ dropped }) => dropped)),
    phaseTimes: mergeByIndex(lists('phaseTimes'), isClockKnown),
    interChunk: mergeGaps(blocks),
    transit: mergeTransit(blocks),
    blocks,
    series: series && (isClockKnown ? series : { ...series, transit: undefined }),
    flights: isClockKnown ? flights : withoutStamps(flights),
    isClockKnown,
    threads: parts.map(({ thread }) => thread),
  }
}

/** Merges the times at each index, without transit times if a clock is unrelated. */
export function mergeByIndex(lists: readonly (readonly BlockTimes[])[], isClockKnown: boolean): readonly BlockTimes[] {
  const length = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length }, (_, index) =>
    mergeTimes(
      lists.flatMap((list) => list[index] ?? []),
      isClockKnown,
    ),
  )
}

/** Merges times, without transit times if a clock is unrelated. */
export function mergeTimes(blocks: readonly BlockTimes[], isClockKnown: boolean): BlockTimes {
  const transit = isClockKnown ? mergeTransit(blocks) : undefined
  return { interChunk: mergeGaps(blocks).toJSON(), transit: transit?.toJSON() }
}

/** Inter-chunk latency of all blocks. */
export function mergeGaps(blocks: readonly BlockTimes[]): Histogram {
  return mergedOf(blocks.map(({ interChunk }) => interChunk))
}

/** Transit times of all blocks; undefined if no block has any. */
export function mergeTransit(blocks: readonly BlockTimes[]): Histogram | undefined {
  const parts = blocks.flatMap(({ transit }) => transit ?? [])
  return parts.length === 0 ? undefined : mergedOf(parts)
}

/** The sums of the numbers at each index. */
export function sumByIndex(lists: readonly (readonly number[])[]): readonly number[] {
  const sums: number[] = []
  for (const list of lists) for (const [index, value] of list.entries()) sums[index] = (sums[index] ?? 0) + value
  return sums
}
