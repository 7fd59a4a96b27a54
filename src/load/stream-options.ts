import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { FailureKind } from '../model/failure.ts'
import type { StreamRecord } from '../model/record.ts'
import type { MemoryBudget } from '../protocol/memory-budget.ts'
import type { PlannedClientFault } from './apply-client-fault.ts'
import type { LoadClient } from './clients.ts'
import type { DeltaTimes } from './delta-times.ts'
import type { PhaseSeries } from './series-recorder.ts'
import type { TimeLine } from './time-line.ts'

/** Shared by all streams of a load. */
export interface StreamContext {
  readonly timeoutMs: number
  /** Maximum time without a delta, in ms; other events do not count. */
  readonly idleMs: number
  readonly isPlanCertain: boolean
  /** Failures of form after which a stream is read on (default: none). */
  readonly tolerated?: ReadonlySet<FailureKind>
  /** Limit of the unfinished events of all streams, in MB, and this worker's part of that memory. */
  readonly eventMemoryMb: number
  readonly memory: MemoryBudget
  readonly deltaTimes: DeltaTimes
  /** Called for each event, to update the progress. */
  readonly onEvent: () => void
  readonly onEnd: (record: StreamRecord, line: TimeLine) => void
}

/** The parameters of one stream. */
export interface StreamOptions {
  readonly stream: number
  /** Index of the phase in which it starts. */
  readonly phase: number
  readonly intendedNs: number
  /** Whether its times count from the intended start. */
  readonly openLoop: boolean
  /** Its number in its session, from 0. */
  readonly turn: number
  /** Counts what the stream does, for the series of its phase. */
  readonly series: PhaseSeries
  /** How its request is sent and its answer read. */
  readonly client: LoadClient
  /** Fault that the mock plays. */
  readonly fault: string | undefined
  /** Fault of the client. */
  readonly clientFault: PlannedClientFault | undefined
  /** The answer to expect. */
  readonly planned: PlannedAnswer
}
