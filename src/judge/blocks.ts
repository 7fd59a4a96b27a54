import { blockCount } from '../model/blocks.ts'
import { Histogram } from '../model/histogram.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'
import type { StreamRecord } from '../model/record.ts'

/** A time of each stream, sorted into the blocks of the streams' numbers. */
export function blocksOf(
  records: readonly StreamRecord[],
  time: (record: StreamRecord) => number | undefined,
): readonly HistogramSnapshot[] {
  const blocks = Array.from({ length: blockCount }, () => new Histogram())
  for (const record of records) {
    const ns = time(record)
    if (ns !== undefined) blocks[record.stream % blockCount]?.record(ns / 1000)
  }
  return blocks.map((block) => block.toJSON())
}
