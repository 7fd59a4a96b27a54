import type { StreamRecord } from '../record.ts'
import { Histogram, type HistogramSnapshot } from '../stats/histogram.ts'
import type { Load } from './generator.ts'

/** The load of one worker as plain data, which a message can carry. */
export interface LoadPart {
  readonly records: readonly StreamRecord[]
  readonly interChunk: HistogramSnapshot
  readonly transit?: HistogramSnapshot
  readonly isClockShared: boolean
}

/** Makes plain data of a load. */
export function partOf({ records, interChunk, transit, isClockShared }: Load): LoadPart {
  return { records, interChunk: interChunk.toJSON(), ...(transit && { transit: transit.toJSON() }), isClockShared }
}

/** The load that the parts are together: as if one worker had had all of its streams. */
export function mergeParts(parts: readonly LoadPart[]): Load {
  const transit = merged(parts.flatMap((part) => part.transit ?? []))
  const isClockShared = parts.every((part) => part.isClockShared)
  return {
    records: parts.flatMap(({ records }) => records).sort((a, b) => a.stream - b.stream),
    interChunk: merged(parts.map(({ interChunk }) => interChunk)),
    transit: isClockShared && transit.n > 0 ? transit : undefined,
    isClockShared,
  }
}

function merged(snapshots: readonly HistogramSnapshot[]): Histogram {
  const all = new Histogram()
  for (const snapshot of snapshots) all.merge(Histogram.from(snapshot))
  return all
}
