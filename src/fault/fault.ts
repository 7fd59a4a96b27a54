import type { RuleId } from '../grammar/rules.ts'
import type { ContentKind } from '../model/content.ts'
import type { FailureKind } from '../model/failure.ts'
import type { ProtocolName } from '../model/protocol-name.ts'
import type { TextKey } from '../plan/key.ts'
import type { Step } from './step.ts'

/** What a gateway is expected to do with each kind of fault, and what counts as its failure. */
export const faultKinds = {
  harmless: {
    good: 'The stream arrives complete and unchanged.',
    failure: 'The stream fails, or its content changes.',
  },
  broken: {
    good: 'It retries and the planned stream arrives (rescued), or the client can see the failure: an error event, a status other than 200, an aborted connection (honest).',
    failure:
      'The stream looks complete or ends cleanly (masked), its content changes (lost), or no end arrives in time (hang).',
  },
  refused: {
    good: 'It retries within the attempt limit (rescued), or answers with the status of the provider (passed-on).',
    failure: 'Another status, more attempts than allowed, or a failure that the client cannot see.',
  },
  finished: {
    good: 'All content has arrived, so it completes the stream, passes it on unchanged, or reports the failure.',
    failure: 'Content is lost, or no end arrives in time.',
  },
  unended: {
    good: 'All content has arrived, but the stop reason is unknown: it passes the stream on unchanged, or reports the failure.',
    failure: 'It invents a stop reason (masked).',
  },
  form: {
    good: 'The content is complete: the stream arrives, repaired or as it is, or the client can see the failure.',
    failure: 'Content is lost, or no end arrives in time.',
  },
  content: {
    good: 'A gateway can hardly detect it: it passes the stream on unchanged, or reports the failure. The runner must detect it.',
    failure: 'The client sees wrong content that was not injected, or a different stop reason.',
  },
} as const

/** A key of `faultKinds`. */
export type FaultKind = keyof typeof faultKinds

/** An answer as planned, and the position of the fault. */
export interface Playing {
  readonly steps: readonly Step[]
  /** Deltas before the fault. */
  readonly at: number
  readonly chunks: number
  readonly protocol: ProtocolName
  readonly key: TextKey
  /** The deltas of another stream of the same load. */
  readonly foreign: () => readonly Step[]
}

/** What a client directly at the mock must see: the outcome, and a rule that must be reported. */
export interface SeenDirect {
  readonly outcome: 'whole' | FailureKind
  readonly rule?: RuleId
}

/** One fault: what the mock does instead of playing its plan. */
export interface Fault {
  /** What the mock does; completes the sentence "The mock ...". */
  readonly describe: string
  /** Rows of the detection matrix. */
  readonly rows: readonly number[]
  readonly kind: FaultKind
  /** Whether it acts at a position in the stream. */
  readonly isPlaced: boolean
  /** Whether it acts on the first attempt for a stream only. */
  readonly isOnce?: true
  /** The protocols that have it; absent: all. */
  readonly protocols?: readonly ProtocolName[]
  /** The kind of content that it needs. */
  readonly content?: ContentKind
  /** The status that the mock answers with, if a gateway must preserve it. */
  readonly status?: number
  /** Failures that a client may also see, because HTTP itself turns the fault into them. */
  readonly alsoRight?: readonly FailureKind[]
  /** Whether the mock sends no usage. */
  readonly hidesUsage?: true
  /** How long the stream is silent although it is healthy, in s. */
  readonly silentS?: number
  /** The largest number of attempts that a gateway may make. */
  readonly mostAttempts?: number
  readonly direct: (protocol: ProtocolName, at: number, chunks: number) => SeenDirect
  readonly apply: (playing: Playing) => readonly Step[]
}

/** What a client sees directly, if it is the same for each protocol and position. */
export function sees(outcome: SeenDirect['outcome'], rule?: RuleId): Fault['direct'] {
  const seen = { outcome, rule }
  return () => seen
}
