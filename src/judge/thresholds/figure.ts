import type { Measure } from '../../base/quantity.ts'
import type { Slice } from './slice.ts'

/**
 * What a metric depends on: `fact`: content, memory and descriptors, valid even if the times are not; `ending`: how streams ended,
 * for which a slow harness may be the cause; `time`: valid only if the times are.
 */
export type Basis = 'fact' | 'ending' | 'time'

/** The value of a metric, in quanta of its measure. */
export interface Reading {
  /** Undefined if it was not measured; infinite for a time that streams failed to reach. */
  readonly value?: number
  /** Values that it was computed from, and how many it needs; absent: it is not a statistic. */
  readonly n?: number
  readonly fewest?: number
}

/** A single number of the report. `NAME` in its name stands for each of `names`. */
export interface Figure {
  readonly name: string
  readonly measure: Measure
  readonly help: string
  readonly basis: Basis
  readonly perPhase?: boolean
  /** Whether it is known while the load runs. */
  readonly isLive?: boolean
  readonly names?: readonly string[]
  /** What the documentation writes for `NAME`. */
  readonly stands?: string
  /** With `isExact`, only failures that a slow harness cannot cause count. */
  readonly read: (slice: Slice, isExact: boolean, name: string) => number | Reading | undefined
}
