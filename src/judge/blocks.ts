import { blockCount } from '../model/blocks.ts'
import { Histogram } from '../model/histogram.ts'
import type { HistogramSnapshot } from '../model/histogram-snapshot.ts'
import type { StreamRecord } from '../model/record.ts'

/** One histogram per block of one time of each stream. The stream's number decides its block. */
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
