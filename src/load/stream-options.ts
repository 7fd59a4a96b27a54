import type { PlannedAnswer } from '../integrity/plan-verifier.ts'
import type { StreamRecord } from '../model/record.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { Conduct } from './client-conduct.ts'
import type { DeltaTimes } from './delta-times.ts'
import type { Endpoint } from './endpoint.ts'
import type { TimeLine } from './time-line.ts'

/** What all streams of a load share. */
export interface StreamContext {
  readonly endpoint: Endpoint
  readonly protocol: Protocol
  readonly timeoutMs: number
  /** Silence, in ms, after which a stream is given up: no delta, whatever else comes. */
  readonly idleMs: number
  readonly isPlanCertain: boolean
  readonly deltaTimes: DeltaTimes
  /** Called for each event, to show progress. */
  readonly onEvent: () => void
  readonly onEnd: (record: StreamRecord, line: TimeLine) => void
}

/** What one stream is to be. */
export interface StreamOptions {
  readonly stream: number
  readonly intendedNs: number
  /** What the mock is to do wrong. */
  readonly fault: string | undefined
  /** What its client is to do wrong. */
  readonly conduct: Conduct | undefined
  /** What its answer is compared with. */
  readonly planned: PlannedAnswer
}
