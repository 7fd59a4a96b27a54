import type { LoadPhase } from '../model/phase.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Pacer } from './pacer.ts'

/** One worker's part of a phase: what its executor gets. */
export interface PhaseWork {
  readonly phase: LoadPhase
  /** Of everything random in the phase. */
  readonly seed: number
  /** The worker has the arrivals and slots whose number modulo `count` is `index`. */
  readonly index: number
  readonly count: number
  readonly beginNs: number
  readonly signal: AbortSignal
  readonly pacer: Pacer
  /** Open streams of this worker, those of earlier phases included. */
  readonly openStreams: () => number
  /** Starts the next stream; in a closed loop, in a slot. */
  readonly start: (intendedNs: number, slot?: number) => void
  /** Counts a start that does not take place. */
  readonly drop: () => void
  /** Slots of a closed loop with an open stream, those of an earlier phase included. */
  readonly busySlots: ReadonlySet<number>
  /** Sets what to do when the stream of a slot has ended. */
  readonly onSlotEnded: (ended: (slot: number, record: StreamRecord) => void) => void
}
