import type { BlockTimes } from '../model/baseline.ts'
import { blockCount } from '../model/blocks.ts'
import type { Flight } from '../model/flight.ts'
import { type Histogram, mergedOf } from '../model/histogram.ts'
import type { InstrumentReadings } from '../model/instrument.ts'
import type { StreamRecord } from '../model/record.ts'
import { mergeFlights, withoutStamps } from './flight-recorder.ts'

/** What a load brought: a record for each stream that was started, in the order of their numbers. */
export interface Load {
  readonly records: readonly StreamRecord[]
  readonly interChunk: Histogram
  /** From the mock's stamp to the arrival of each planned delta, in us; absent where the two have no clock in common. */
  readonly transit: Histogram | undefined
  /** The same, block by block. */
  readonly blocks: readonly BlockTimes[]
  readonly flights: readonly Flight[]
  /** Whether each stamp was of the life of its stream; one that was not is of another machine's clock. */
  readonly isClockKnown: boolean
  /** What worker threads measured of themselves; absent where this thread did it all. */
  readonly threads?: readonly InstrumentReadings[]
}

/** The load of one worker as plain data, which a message can carry. */
export interface LoadPart {
  readonly records: readonly StreamRecord[]
  readonly blocks: readonly BlockTimes[]
  readonly flights: readonly Flight[]
  readonly isClockKnown: boolean
  /** What its thread measured of itself. */
  readonly thread: InstrumentReadings
}

/** Makes plain data of a load. */
export function partOf({ records, blocks, flights, isClockKnown }: Load, thread: InstrumentReadings): LoadPart {
  return { records, blocks, flights, isClockKnown, thread }
}

/** The load that the parts are together: as if one worker had had all of its streams. */
export function mergeParts(parts: readonly LoadPart[]): Load {
  const isClockKnown = parts.every((part) => part.isClockKnown)
  const blocks = Array.from({ length: blockCount }, (_, index): BlockTimes => {
    const of = parts.flatMap((part) => part.blocks[index] ?? [])
    const transit = isClockKnown ? transitOf(of) : undefined
    return { interChunk: gapsOf(of).toJSON(), ...(transit && { transit: transit.toJSON() }) }
  })
  const flights = mergeFlights(parts.map((part) => part.flights))
  return {
    records: parts.flatMap(({ records }) => records).sort((a, b) => a.stream - b.stream),
    interChunk: gapsOf(blocks),
    transit: transitOf(blocks),
    blocks,
    flights: isClockKnown ? flights : withoutStamps(flights),
    isClockKnown,
    threads: parts.map(({ thread }) => thread),
  }
}

/** Gaps of all blocks together. */
export function gapsOf(blocks: readonly BlockTimes[]): Histogram {
  return mergedOf(blocks.map(({ interChunk }) => interChunk))
}

/** Transit of all blocks together; undefined where none has any. */
export function transitOf(blocks: readonly BlockTimes[]): Histogram | undefined {
  const parts = blocks.flatMap(({ transit }) => transit ?? [])
  return parts.length === 0 ? undefined : mergedOf(parts)
}
