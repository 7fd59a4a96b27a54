import { type FailureKind, isDeadline } from '../../model/failure.ts'
import { isHarmed, type StreamRecord } from '../../model/record.ts'
import type { Run } from '../../model/run.ts'
import type { GatewayFinding } from '../gateway-finding.ts'
import type { Summary } from '../summary.ts'
import type { Goodput } from './goodput.ts'

/** What a metric is read from: the streams of the whole run or of one phase, and what was observed around the whole run. */
export interface Slice {
  readonly run: Run
  /** Of the whole run. */
  readonly summary: Summary
  readonly gatewayFindings: readonly GatewayFinding[]
  readonly records: readonly StreamRecord[]
  /** Index of the phase; undefined for the whole run. */
  readonly phase: number | undefined
  /** From the first start to the last end of its streams, in s; undefined without streams. */
  readonly wallS: number | undefined
  /** Starts that an open loop dropped. */
  readonly dropped: number
  readonly goodput: Goodput
}

/** Streams that ended by themselves without an injected fault. The failed ones are counted by kind. */
export interface Endings {
  readonly ended: number
  readonly failed: number
  readonly kinds: ReadonlyMap<FailureKind, number>
}

/** How the streams of a slice ended. With `isExact`, only failures that a slow harness cannot cause count as failed. */
export function endingsOf(records: readonly StreamRecord[], isExact = false): Endings {
  const kinds = new Map<FailureKind, number>()
  let [ended, failed] = [0, 0]
  for (const record of records) {
    const { outcome } = record
    if (outcome.state === 'aborted' || isHarmed(record)) continue
    ended++
    if (outcome.state === 'whole' || (isExact && isDeadline(outcome.kind))) continue
    failed++
    kinds.set(outcome.kind, (kinds.get(outcome.kind) ?? 0) + 1)
  }
  return { ended, failed, kinds }
}
