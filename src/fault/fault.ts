import type { RuleId } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import type { FailureKind } from '../model/record.ts'
import type { ProtocolName } from '../model/target.ts'
import type { PlanKey } from '../plan/key.ts'
import type { Step } from './step.ts'

/** An answer as it would be without the fault, and where the fault acts. */
export interface Playing {
  readonly steps: readonly Step[]
  /** Deltas before the fault. */
  readonly at: number
  readonly chunks: number
  readonly protocol: ProtocolName
  readonly key: Pick<PlanKey, 'seed' | 'stream' | 'content'>
  /** The deltas of another stream of the same load. */
  readonly foreign: () => readonly Step[]
}

/**
 * What a gateway may make of a fault: `harmless` must arrive whole; `broken` must be rescued or told; `refused` the same, with
 * the status preserved and few attempts; `finished` has all its content and may be completed; `unended` has all its content
 * and no reason to end, which nobody may invent; `form` may arrive whole, with what is wrong with its form; `content` can't be
 * noticed by a gateway.
 */
export type FaultKind = 'harmless' | 'broken' | 'refused' | 'finished' | 'unended' | 'form' | 'content'

/** What a client that asks the mock itself has to see: the outcome, and a rule that has to be found. */
export interface SeenDirect {
  readonly outcome: 'whole' | FailureKind
  readonly rule?: RuleId
}

/** One fault: what the mock does instead of playing its plan. */
export interface Fault {
  readonly describe: string
  /** Rows of the detection matrix. */
  readonly rows: readonly number[]
  readonly kind: FaultKind
  /** Whether it acts at a position in the stream. */
  readonly isPlaced: boolean
  /** Acts on the first attempt for a stream only. */
  readonly isOnce?: true
  /** The protocols that have it; absent: all. */
  readonly protocols?: readonly ProtocolName[]
  /** The sort of answer that it needs. */
  readonly content?: ContentKind
  /** The status that the mock answers with, where it has to be preserved. */
  readonly status?: number
  /** What a client may see as well, as HTTP itself makes it of that. */
  readonly alsoRight?: readonly FailureKind[]
  /** Whether the mock says no usage. */
  readonly hidesUsage?: true
  /** For how long a stream is silent though it is healthy, in s. */
  readonly silentS?: number
  /** Most attempts that a gateway may make. */
  readonly mostAttempts?: number
  readonly direct: (protocol: ProtocolName, at: number, chunks: number) => SeenDirect
  readonly apply: (playing: Playing) => readonly Step[]
}

/** What a client sees that is the same in each protocol, at each position. */
export function sees(outcome: SeenDirect['outcome'], rule?: RuleId): Fault['direct'] {
  const seen = { outcome, ...(rule !== undefined && { rule }) }
  return () => seen
}
